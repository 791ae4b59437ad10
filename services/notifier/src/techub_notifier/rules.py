"""Who is told of what, and what becomes of a mail after each try: decisions, no input or output."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from techub_common.addresses import fingerprint, is_sendable
from techub_common.errors import Permanent, Transient
from techub_common.events import (
    Ended,
    Notify,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    Reported,
)
from techub_common.masking import mask

RunEvent = Literal["completed", "partial", "failed"]
Mail = Literal["completed", "partial", "failed", "confirm", "digest", "bounced", "budget", "health"]
"""What a mail is about: a run's end, an address, many alerts, a bounce, money, our own health."""

PARK_AFTER: Final = timedelta(hours=23)
"""Resend forgets a key after 24 h; from here on a repetition could be a second mail."""

ALERTS_AT_ONCE: Final = 10
ALERTS_WITHIN: Final = timedelta(minutes=10)
"""More alerts than that within so long are gathered into one digest."""

LONGEST_WAIT: Final = 300.0
LONGEST_ASKED_WAIT: Final = 3600.0
ERROR_LENGTH: Final = 300


class Audience(StrEnum):
    """Whom a mail is for."""

    owner = "owner"
    ops = "ops"


class State(StrEnum):
    """Where a delivery stands; all but `pending` and `gathering` are final until a person acts.

    `gathering` is a digest that still grows, `digested` an alert that went into one.
    """

    pending = "pending"
    gathering = "gathering"
    delivered = "delivered"
    digested = "digested"
    skipped = "skipped"
    refused = "refused"
    parked = "parked"
    dropped = "dropped"


SETTLED: Final[Mapping[State, str]] = {
    State.delivered: "notification_delivered",
    State.skipped: "notification_skipped",
    State.refused: "notification_refused",
    State.parked: "notification_parked",
    State.digested: "notification_digested",
    State.dropped: "notification_dropped",
}
"""What the log calls each final state."""

RUN_EVENT: Final[TypeAdapter[RunEvent]] = TypeAdapter(RunEvent)
RUN_EVENTS: Final[Mapping[type[Ended], RunEvent]] = {
    PipelineCompleted: "completed",
    PipelinePartial: "partial",
    PipelineFailed: "failed",
}

_HEARD_BY: Final[Mapping[RunEvent, frozenset[Audience]]] = {
    "completed": frozenset({Audience.owner}),
    "partial": frozenset({Audience.ops}),
    "failed": frozenset({Audience.owner, Audience.ops}),
}
_WANTED_FOR: Final[Mapping[Notify, frozenset[Audience]]] = {
    Notify.owners: frozenset({Audience.owner, Audience.ops}),
    Notify.ops: frozenset({Audience.ops}),
    Notify.none: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who looks after a profile, and whether mail may go there."""

    user_id: UUID
    address: str | None
    verified: bool
    wants_mail: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """One person or address to be told, or the reason why not."""

    audience: Audience
    recipient: str
    address: str | None
    user_id: UUID | None = None
    state: State = State.pending
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a try came to: a final state, or `pending` again in so many seconds.

    `limited` asks all senders to pause for that long.
    """

    state: State
    provider_id: str | None = None
    error: str | None = None
    again_in: float = 0.0
    limited: bool = False


def run_event(event: Ended) -> RunEvent:
    """Return how the run ended, in one word."""
    return RUN_EVENTS[type(event)]


def in_order(event: Ended) -> tuple[str, str]:
    """Return by what ends are sorted wherever several are locked in one transaction."""
    return str(event.profile_id), str(event.run_id)


def audiences(event: Ended) -> frozenset[Audience]:
    """Return who hears of this end: what the outcome asks for, as far as the trigger wants it."""
    return _HEARD_BY[run_event(event)] & _WANTED_FOR[event.notify]


def notices_for(
    event: Ended,
    owners: Sequence[Owner],
    alert_addresses: Sequence[str],
    stopped: Collection[str] = (),
) -> tuple[Notice, ...]:
    """Return one notice per owner and per alert address that hears of this end.

    They come in the order of their recipients, so that two claims never wait for each other.
    `stopped` holds the fingerprints of addresses that take no mail any more.
    """
    heard_by = audiences(event)
    notices = [_for_owner(owner) for owner in owners if Audience.owner in heard_by]
    notices += [for_ops(address) for address in alert_addresses if Audience.ops in heard_by]
    reachable = [unless_stopped(notice, stopped) for notice in notices]
    return tuple(sorted(reachable, key=lambda notice: notice.recipient))


def fingerprints_of(owners: Sequence[Owner], alert_addresses: Sequence[str]) -> set[str]:
    """Return the fingerprints to look up before anybody is told."""
    addresses = [owner.address for owner in owners if owner.address] + list(alert_addresses)
    return {fingerprint(address) for address in addresses}


def goes_into_digest(alerts_lately: int) -> bool:
    """Return whether one more alert is gathered instead of sent by itself."""
    return alerts_lately >= ALERTS_AT_ONCE


def delivery_id(event: Ended, notice: Notice) -> UUID:
    """Return the row's id, which is the Idempotency-Key: one per run, event and recipient."""
    return uuid5(event.run_id, f"delivery\n{run_event(event)}\n{notice.recipient}")


def verdict_on(error: Transient | Permanent, attempts: int) -> Verdict:
    """Return what follows from a try that failed; `attempts` counts it."""
    words = f"{error.code}: {mask(str(error))}"[:ERROR_LENGTH]
    if isinstance(error, Transient):
        limited = error.code == "resend_limited"
        again_in = wait_after(error, attempts)
        return Verdict(State.pending, error=words, again_in=again_in, limited=limited)
    state = State.refused if error.code == "address_refused" else State.parked
    return Verdict(state, error=words)


def wait_after(error: Transient, attempts: int) -> float:
    """Return the seconds until the next try: what they asked for, else 2ⁿ up to five minutes."""
    if error.retry_after is not None:
        return min(max(error.retry_after, 0.0), LONGEST_ASKED_WAIT)
    return min(2.0 ** min(attempts, 16), LONGEST_WAIT)


def too_old(since_first_try: timedelta) -> bool:
    """Return whether the mail must wait for a person instead of being sent again."""
    return since_first_try >= PARK_AFTER


def digest_id(first: UUID) -> UUID:
    """Return the id of the digest that begins with this alert."""
    return uuid5(first, "digest")


def to_confirm(user_id: UUID, address: str) -> Notice:
    """Return the notice for an address that has to be confirmed, or why it cannot be."""
    fit = is_sendable(address)
    return Notice(
        Audience.owner,
        f"user:{user_id}",
        address,
        user_id,
        State.pending if fit else State.refused,
        None if fit else "address_unusable",
    )


def may_resend(state: State, *, has_mail: bool) -> bool:
    """Return whether a person may have the mail sent again."""
    return has_mail and state in (State.parked, State.refused, State.dropped)


def may_drop(state: State, *, leased: bool) -> bool:
    """Return whether a person may give the mail up: not while somebody is sending it."""
    return state is State.parked or (state is State.pending and not leased)


def needs_new_key(error: str, since_first_try: timedelta) -> bool:
    """Return whether sending again takes a key of its own, under which it may be a second mail.

    The old key still holds within 23 hours, unless it stands for another payload.
    """
    return too_old(since_first_try) or error.startswith("payload_conflict")


def settles(state: State, attempts: int) -> bool:
    """Return whether a report proves that a delivery of unknown outcome was accepted."""
    return attempts > 0 and state in (State.pending, State.parked)


def stops_address(reported: Reported, *, hard: bool) -> bool:
    """Return whether no mail may go to the address any more."""
    return reported in ("complained", "suppressed") or (reported == "bounced" and hard)


_RANK: Final[Mapping[str, int]] = {"delayed": 1, "delivered": 2}


def supersedes(reported: Reported, earlier: str | None) -> bool:
    """Return whether a report says more than the one that is kept: they come in any order."""
    return earlier is None or _RANK.get(reported, 3) > _RANK.get(earlier, 3)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the provider lets all of us together send.

    `next_at` is when the next send is due if everybody keeps to `per_second` (0: no limit);
    nobody sends before `held_until`. Both are seconds of the database's clock.
    """

    per_second: float
    next_at: float = 0.0
    held_until: float = 0.0


def allowance(pace: Pace, now: float, wanted: int) -> tuple[int, float | None]:
    """Return how many may be sent at `now`, and the seconds to wait when fewer than wanted."""
    if pace.held_until > now:
        return 0, pace.held_until - now
    if not pace.per_second:
        return wanted, None
    at_once = max(1, int(pace.per_second / 20))
    behind = max(0.0, pace.next_at - now) * pace.per_second
    free = max(0, int(at_once - behind + 1e-6))
    if free >= wanted:
        return wanted, None
    return free, max(0.0, (behind + free + 1 - at_once) / pace.per_second)


def spent(pace: Pace, now: float, sends: int) -> Pace:
    """Return the pace after so many sends at `now`."""
    if not pace.per_second or not sends:
        return pace
    return replace(pace, next_at=max(pace.next_at, now) + sends / pace.per_second)


def for_ops(address: str) -> Notice:
    """Return the notice for an alert address."""
    return Notice(Audience.ops, f"ops:{fingerprint(address)}", address)


def _for_owner(owner: Owner) -> Notice:
    recipient = f"user:{owner.user_id}"
    state, reason = State.pending, None
    if not owner.address or not owner.verified:
        state, reason = State.skipped, "no_verified_address"
    elif not owner.wants_mail:
        state, reason = State.skipped, "opted_out"
    elif not is_sendable(owner.address):
        state, reason = State.refused, "address_unusable"
    return Notice(Audience.owner, recipient, owner.address, owner.user_id, state, reason)


def unless_stopped(notice: Notice, stopped: Collection[str]) -> Notice:
    """Return the notice, refused when its address takes no mail any more."""
    if notice.state is not State.pending or fingerprint(notice.address or "") not in stopped:
        return notice
    return replace(notice, state=State.refused, reason="address_stopped")
