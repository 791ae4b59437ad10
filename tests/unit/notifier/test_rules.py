"""Who is told of what, and what becomes of a mail after each try."""

from datetime import timedelta

import pytest

from techub_common.errors import Permanent, Transient
from techub_common.events import Notify
from techub_notifier.rules import (
    Audience,
    Pace,
    State,
    allowance,
    audiences,
    delivery_id,
    needs_new_key,
    notices_for,
    settles,
    spent,
    supersedes,
    too_old,
    verdict_on,
    wait_after,
)

from .conftest import EndedFactory, OwnerFactory

OWNER, OPS = Audience.owner, Audience.ops


@pytest.mark.parametrize(
    ("outcome", "notify", "expected"),
    [
        ("completed", Notify.owners, {OWNER}),
        ("completed", Notify.ops, set()),
        ("completed", Notify.none, set()),
        ("partial", Notify.owners, {OPS}),
        ("partial", Notify.ops, {OPS}),
        ("partial", Notify.none, set()),
        ("failed", Notify.owners, {OWNER, OPS}),
        ("failed", Notify.ops, {OPS}),
        ("failed", Notify.none, set()),
    ],
)
def test_audiences(
    ended: EndedFactory, outcome: str, notify: Notify, expected: set[Audience]
) -> None:
    """Owners hear of success and failure, ops of partial and failure, as far as the run wants."""
    assert expected == audiences(ended(outcome, notify=notify))


def test_one_notice_each(ended: EndedFactory, owner: OwnerFactory) -> None:
    """Every owner and every alert address gets a notice of their own, in a fixed order."""
    owners = [owner("b@example.com"), owner("a@example.com")]

    notices = notices_for(ended("failed"), owners, ["ops@example.com", "boss@example.com"])

    assert len(notices) == 4
    assert sorted(n.recipient for n in notices) == [n.recipient for n in notices]
    assert {State.pending} == {n.state for n in notices}


@pytest.mark.parametrize(
    ("address", "verified", "wants_mail", "state", "reason"),
    [
        (None, True, True, State.skipped, "no_verified_address"),
        ("ada@example.com", False, True, State.skipped, "no_verified_address"),
        ("ada@example.com", True, False, State.skipped, "opted_out"),
        ("ada@example.com\r\nBcc: eve@example.com", True, True, State.refused, "address_unusable"),
        ("ada@ex\u0430mple.com", True, True, State.refused, "address_unusable"),
        ("ada@example.com", True, True, State.pending, None),
    ],
)
def test_owner_not_told(
    ended: EndedFactory,
    owner: OwnerFactory,
    *,
    address: str | None,
    verified: bool,
    wants_mail: bool,
    state: State,
    reason: str | None,
) -> None:
    """Who cannot or would not be told is skipped or refused, with the reason."""
    somebody = owner(address, verified=verified, wants_mail=wants_mail)

    [notice] = notices_for(ended("completed"), [somebody], [])

    assert (state, reason) == (notice.state, notice.reason)


def test_ops_mail_does_not_stand_for_the_owners(ended: EndedFactory, owner: OwnerFactory) -> None:
    """An operator whose own run failed gets the owner's mail and the alert."""
    event = ended("failed")

    notices = notices_for(event, [owner("ops@example.com")], ["OPS@example.com"])

    assert len({delivery_id(event, notice) for notice in notices}) == 2


def test_key_names_run_event_and_recipient(ended: EndedFactory, owner: OwnerFactory) -> None:
    """The same end gives the same keys whenever it is heard; another run gives others."""
    event, somebody = ended("completed"), owner()
    [notice] = notices_for(event, [somebody], [])
    [again] = notices_for(event, [somebody], [])

    assert delivery_id(event, notice) == delivery_id(event, again)
    assert delivery_id(event, notice) != delivery_id(ended("completed"), notice)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 2.0), (2, 4.0), (5, 32.0), (8, 256.0), (9, 300.0), (400, 300.0)]
)
def test_waits_double_up_to_five_minutes(attempts: int, seconds: float) -> None:
    """The wait is 2ⁿ seconds, never more than five minutes."""
    assert seconds == wait_after(Transient("busy", code="resend_failed"), attempts)


@pytest.mark.parametrize(("asked", "seconds"), [(7.0, 7.0), (0.0, 0.0), (90_000.0, 3600.0)])
def test_asked_wait_goes_first(asked: float, seconds: float) -> None:
    """What Resend asks for is what we wait, an hour at most."""
    error = Transient("slow down", code="resend_limited", retry_after=asked)

    assert seconds == wait_after(error, 8)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Transient("later", code="resend_failed"), State.pending),
        (Permanent("no such address", code="address_refused"), State.refused),
        (Permanent("another mail", code="payload_conflict"), State.parked),
        (Permanent("no subject", code="mail_refused"), State.parked),
    ],
)
def test_verdicts(error: Transient | Permanent, state: State) -> None:
    """What may pass is tried again; a bad address is refused; the rest waits for a person."""
    verdict = verdict_on(error, 1)

    assert state == verdict.state
    assert verdict.error is not None
    assert verdict.error.startswith(error.code)


def test_errors_name_no_address() -> None:
    """An address in a vendor's message is masked before it is kept or logged."""
    error = Permanent("Invalid `to`: ada@example.com", code="address_refused")

    assert "ada@" not in str(verdict_on(error, 1).error)


def test_parked_before_the_key_is_forgotten() -> None:
    """23 hours after the first try a mail is not sent again; a minute earlier it is."""
    assert too_old(timedelta(hours=23))
    assert not too_old(timedelta(hours=22, minutes=59))


def test_no_limit_of_ours() -> None:
    """Without a pace everything that is wanted goes at once."""
    assert allowance(Pace(0.0), 100.0, 8) == (8, None)


def test_two_a_second() -> None:
    """However many ask, no second sees more than the pace allows, and nobody waits for ever."""
    pace, now, sent = Pace(2.0), 100.0, []
    while len(sent) < 20:
        allowed, wait = allowance(pace, now, 8)
        sent += [now] * allowed
        pace = spent(pace, now, allowed)
        assert allowed or wait
        now += wait or 0.0

    assert all(later - earlier >= 0.999 for earlier, later in zip(sent, sent[2:], strict=False))
    assert sent[-1] - sent[0] < 10.5


def test_a_pause_is_for_everybody() -> None:
    """Held, nobody sends, and everybody knows for how long."""
    assert allowance(Pace(0.0, held_until=130.0), 100.0, 8) == (0, 30.0)


@pytest.mark.parametrize(
    ("state", "attempts", "proof"),
    [
        (State.pending, 1, True),
        (State.parked, 3, True),
        (State.pending, 0, False),
        (State.delivered, 1, False),
        (State.dropped, 1, False),
        (State.refused, 1, False),
    ],
)
def test_what_a_report_proves(state: State, attempts: int, *, proof: bool) -> None:
    """A report settles what was tried and is unknown, and nothing else."""
    assert settles(state, attempts) is proof


def test_reports_come_in_any_order() -> None:
    """What is final is not overwritten by what came before it."""
    assert supersedes("delayed", None)
    assert supersedes("delivered", "delayed")
    assert supersedes("bounced", "delivered")
    assert not supersedes("delayed", "delivered")
    assert not supersedes("delivered", "bounced")


def test_a_new_key_only_when_the_old_one_is_gone() -> None:
    """A person's resend keeps the key while Resend does, and while it stands for this mail."""
    assert not needs_new_key("mail_refused: 422", timedelta(hours=22))
    assert needs_new_key("mail_refused: 422", timedelta(hours=23))
    assert needs_new_key("payload_conflict: 409", timedelta(hours=1))
