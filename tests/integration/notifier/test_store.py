"""One contract for the rows: in memory, where the simulation runs, and in Postgres, in service.

What is expected is written by hand, so that neither can pass against itself.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from techub_common.database import Sessions, open_engine, transaction
from techub_common.envelope import handling, seal
from techub_common.errors import Permanent, Transient
from techub_common.events import (
    AddressChanged,
    BudgetExhausted,
    Ended,
    HealthChange,
    HealthChanged,
    MailReported,
    NotificationRecorded,
)
from techub_common.outbox import Outbox
from techub_notifier import sending
from techub_notifier.claiming import close_due_digest
from techub_notifier.emails import Letters
from techub_notifier.handlers import notify
from techub_notifier.postgres import PostgresStore
from techub_notifier.rows import Store, Taken, Tried, Unconfirmed
from techub_notifier.rules import Owner, State, Verdict, verdict_on
from techub_notifier.tables import DELIVERIES, OUTBOX
from tests.simulation.memory import Memory, MemoryStore

from .conftest import SECRET

Make = Callable[..., Ended]
ALERTS = ("boss@example.com", "ops@example.com")
DELIVERED = Verdict(State.delivered, provider_id="x")
LATER = verdict_on(Transient("busy", code="resend_failed"), 1)


class Kind(Protocol):
    """A store, and what a test does behind its back."""

    store: Store

    async def owners(self, profile_id: UUID, *people: Owner) -> None:
        """Make these people look after the profile."""

    async def to_confirm(self, wanted: Unconfirmed) -> None:
        """Make somebody have an address to confirm."""

    async def age(self, seconds: float) -> None:
        """Let time pass."""

    async def states(self) -> Counter[tuple[str, str]]:
        """Count deliveries by what they are about and where they stand."""

    async def told(self) -> list[dict[str, int]]:
        """Return the counts of every outcome that was told, the zeros left out."""


@dataclass
class InMemory:
    """The store of the simulation."""

    now: float = 1_000_000.0
    store: MemoryStore = field(init=False)

    def __post_init__(self) -> None:
        """Begin empty."""
        self.kept = Memory(lambda: self.now)
        self.store = MemoryStore(self.kept)

    async def owners(self, profile_id: UUID, *people: Owner) -> None:
        """Keep them."""
        self.kept.owners.setdefault(profile_id, []).extend(people)

    async def to_confirm(self, wanted: Unconfirmed) -> None:
        """Keep it."""
        self.kept.to_confirm[wanted.user_id] = wanted

    async def age(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds

    async def states(self) -> Counter[tuple[str, str]]:
        """Count."""
        return Counter((one.new.event, str(one.state)) for one in self.kept.deliveries.values())

    async def told(self) -> list[dict[str, int]]:
        """Read the outbox."""
        events = [row.envelope.event for row in self.kept.outbox]
        return [_counts(one) for one in events if isinstance(one, NotificationRecorded)]


@dataclass
class InPostgres:
    """The store in service."""

    sessions: Sessions
    admin_url: str

    @property
    def store(self) -> PostgresStore:
        """Return the store itself."""
        return PostgresStore(self.sessions, Outbox(OUTBOX, "/services/notifier"))

    async def owners(self, profile_id: UUID, *people: Owner) -> None:
        """Keep them."""
        for one in people:
            await self._do(
                "INSERT INTO api.people (profile_id, user_id, address, verified, wants_mail)"
                " VALUES (:profile, :user, :address, :verified, :wants)",
                profile=profile_id,
                user=one.user_id,
                address=one.address,
                verified=one.verified,
                wants=one.wants_mail,
            )

    async def to_confirm(self, wanted: Unconfirmed) -> None:
        """Keep it."""
        await self._do(
            "INSERT INTO api.unconfirmed_addresses VALUES (:user, :login, :address)",
            user=wanted.user_id,
            login=wanted.login,
            address=wanted.address,
        )

    async def age(self, seconds: float) -> None:
        """Move the clock."""
        moved = ", ".join(
            f"{name} = {name} - make_interval(secs => :by)"
            for name in ("created_at", "due_at", "first_tried_at", "leased_until", "settled_at")
        )
        await self._do(f"UPDATE notifier.deliveries SET {moved}", by=seconds)
        await self._do(
            "UPDATE notifier.pace SET held_until = held_until - :by, next_at = next_at - :by",
            by=seconds,
        )

    async def states(self) -> Counter[tuple[str, str]]:
        """Count."""
        async with transaction(self.sessions) as session:
            rows = await session.execute(select(DELIVERIES.c.event, DELIVERIES.c.state))
            return Counter((row.event, row.state) for row in rows)

    async def told(self) -> list[dict[str, int]]:
        """Read the outbox."""
        async with transaction(self.sessions) as session:
            bodies = await session.scalars(select(OUTBOX.c.body).order_by(OUTBOX.c.id))
            facts = [json.loads(body)["data"] for body in bodies]
        return [_counts(NotificationRecorded.model_validate(fact)) for fact in facts]

    async def _do(self, statement: str, **values: object) -> None:
        engine = open_engine(self.admin_url, pool=1)
        async with engine.begin() as connection:
            await connection.execute(text(statement), values)
        await engine.dispose()


def _counts(told: NotificationRecorded) -> dict[str, int]:
    return {str(name): count for name, count in told.counts.items() if count}


@pytest.fixture
def in_memory() -> InMemory:
    """Give the store of the simulation, empty."""
    return InMemory()


@pytest.fixture
def in_postgres(sessions: Sessions, admin_url: str) -> InPostgres:
    """Give the store in service, empty."""
    return InPostgres(sessions, admin_url)


@pytest.fixture(params=["in_memory", "in_postgres"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Give each kind of store, empty."""
    found: Kind = request.getfixturevalue(request.param)
    return found


LETTERS = Letters("TecHub <t@example.com>", "https://techub.test", SECRET)


def somebody(address: str | None = "ada@example.com", **fields: bool) -> Owner:
    """Return an owner who may be told."""
    known = {"verified": True, "wants_mail": True} | fields
    return Owner(uuid4(), address, known["verified"], known["wants_mail"])


async def hear(kind: Kind, event: Any, tell: int = 0) -> None:
    """Let the notifier hear a fact."""
    resources: Any = SimpleNamespace(
        store=kind.store,
        letters=LETTERS,
        alert_addresses=ALERTS,
        sender=SimpleNamespace(wake=lambda: None),
    )
    with handling(seal(event, "/services/api", tell=tell)):
        await notify(event, resources)


async def take(kind: Kind, limit: int = 50) -> list[Taken]:
    """Lease what is due."""
    async with kind.store.transaction() as rows:
        return list((await rows.take(limit)).taken)


async def settle(kind: Kind, taken: Taken, verdict: Verdict) -> bool:
    """Keep what one try came to; False when its lease was somebody else's."""
    return bool(await sending.settle(kind.store, [Tried(taken, verdict)]))


async def settle_all(kind: Kind, verdict: Verdict = DELIVERED) -> int:
    """Let every due mail come to the same, all at once."""
    tried = [Tried(taken, verdict) for taken in await take(kind)]
    assert await sending.settle(kind.store, tried) == tried
    return len(tried)


async def close_digests(kind: Kind) -> int:
    """Freeze every digest whose time has come and return how many."""
    closed = 0
    while True:
        async with kind.store.transaction() as rows:
            if not await close_due_digest(rows, LETTERS):
                return closed
        closed += 1


def reported(taken: Taken, what: str, **fields: Any) -> MailReported:
    """Return a report about a mail."""
    known = {
        "run_id": uuid4(),
        "login": "-",
        "report_id": str(uuid4()),
        "provider_id": "re-1",
        "delivery_id": taken.id,
        "reported": what,
    }
    return MailReported.model_validate(known | fields)


async def test_heard_again_nothing_is_added(kind: Kind, ended: Make) -> None:
    """A repeated end makes no second mail, and its outcome is told again only for a raised tell."""
    event = ended("completed")
    await kind.owners(event.profile_id, somebody())

    await hear(kind, event)
    await hear(kind, event)
    assert await settle_all(kind) == 1
    await hear(kind, event)
    assert await kind.told() == [{"delivered": 1}]
    await hear(kind, event, tell=1)

    assert await kind.told() == [{"delivered": 1}, {"delivered": 1}]
    assert await kind.states() == {("completed", "delivered"): 1}


async def test_claimed_together_each_is_new_once(kind: Kind, ended: Make) -> None:
    """After a claim of many, each answers whether it was new, and a twin of it that it was not."""
    known, fresh = ended("completed"), ended("completed")
    await hear(kind, known)

    async with kind.store.transaction() as rows:
        await rows.claim([seal(event, "/services/api") for event in (known, fresh, fresh)])
        answers = [await rows.first_time(event) for event in (known, fresh, fresh)]
    async with kind.store.transaction() as rows:
        later = await rows.first_time(fresh)

    assert (answers, later) == ([False, True, False], False)


async def test_claimed_together_endings_are_there(kind: Kind, ended: Make) -> None:
    """Adding an ending after the claim changes nothing, whether or not the claim has kept it."""
    ends = [ended("completed") for _ in range(3)]
    told = [seal(event, "/services/api", tell=number) for number, event in enumerate(ends)]

    async with kind.store.transaction() as rows:
        await rows.claim(told)
        for event, envelope in zip(ends, told, strict=True):
            await rows.add_ending(event, envelope)
    async with kind.store.transaction() as rows:
        kept = await rows.lock_endings([(event.run_id, "completed") for event in ends])

    assert {one.run_id: one.cause_tell for one in kept} == {
        event.run_id: number for number, event in enumerate(ends)
    }
    assert not any(one.recorded for one in kept)


async def test_only_the_claim_s_own_endings_are_kept_with_it(
    in_postgres: InPostgres, ended: Make
) -> None:
    """In Postgres the claim itself keeps the endings of what is new, and of nothing else."""
    known, fresh = ended("completed"), ended("failed")
    await hear(in_postgres, known)

    async with in_postgres.store.transaction() as rows:
        await rows.claim([seal(event, "/services/api", tell=7) for event in (known, fresh)])
        [new] = await rows.lock_endings([(fresh.run_id, "failed")])
        [old] = await rows.lock_endings([(known.run_id, "completed")])

    assert (new.cause_tell, old.cause_tell) == (7, 0)


async def test_a_claim_goes_with_its_transaction(kind: Kind, ended: Make) -> None:
    """What was claimed in a transaction that failed can be claimed again."""
    event = ended("completed")

    async def claim_and_fail() -> None:
        async with kind.store.transaction() as rows:
            await rows.claim([seal(event, "/services/api")])
            assert await rows.first_time(event)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await claim_and_fail()

    async with kind.store.transaction() as rows:
        assert await rows.first_time(event)


async def test_once_per_profile(kind: Kind, ended: Make) -> None:
    """A later success tells nobody again; who was skipped is told the next time."""
    first = ended("completed")
    second = ended("completed", profile_id=first.profile_id)
    await kind.owners(first.profile_id, somebody(), somebody(verified=False))

    await hear(kind, first)
    await settle_all(kind)
    await hear(kind, second)

    assert await kind.told() == [
        {"delivered": 1, "skipped": 1},
        {"told_before": 1, "skipped": 1},
    ]


async def test_a_body_that_raises_leaves_nothing(kind: Kind, ended: Make) -> None:
    """A mail that cannot be written undoes the claim: the event can be heard again."""
    event = ended("completed")
    await kind.owners(event.profile_id, somebody())
    broken: Any = SimpleNamespace(frozen=lambda *_: 1 / 0)
    resources: Any = SimpleNamespace(store=kind.store, letters=broken, alert_addresses=())

    with pytest.raises(ZeroDivisionError):
        await notify(event, resources)
    assert await kind.states() == {}
    await hear(kind, event)

    assert await kind.states() == {("completed", "pending"): 1}


async def test_a_lease_is_one_sender_s(kind: Kind, ended: Make) -> None:
    """Nobody takes a leased mail before its lease ends; then the first sender settles nothing."""
    event = ended("completed")
    await kind.owners(event.profile_id, somebody())
    await hear(kind, event)

    [slow] = await take(kind)
    assert await take(kind) == []
    await kind.age(21)
    [quick] = await take(kind)

    assert not await settle(kind, slow, DELIVERED)
    assert await settle(kind, quick, DELIVERED)
    assert not await settle(kind, quick, DELIVERED)
    assert (slow.attempts, quick.attempts) == (1, 2)
    assert slow.key == quick.key == quick.id
    assert quick.intact
    assert await kind.told() == [{"delivered": 1}]


async def test_settled_together(kind: Kind, ended: Make) -> None:
    """What is settled together is settled as if alone: each as it came out, each end told once."""
    ends = [ended("completed") for _ in range(3)]
    for event in ends:
        await kind.owners(event.profile_id, somebody(), somebody())
        await hear(kind, event)
    stale = await take(kind, 1)
    await kind.age(21)
    mails = {event.run_id: [] for event in ends}
    for taken in await take(kind):
        mails[taken.run_id].append(taken)
    whole, half, refused = (mails[event.run_id] for event in ends)
    no = verdict_on(Permanent("no such address", code="address_refused"), 1)
    tried = [
        *(Tried(taken, DELIVERED) for taken in stale),
        *(Tried(taken, Verdict(State.delivered, provider_id=str(taken.id))) for taken in whole),
        Tried(half[0], DELIVERED),
        Tried(half[1], LATER),
        Tried(refused[0], no),
        Tried(refused[1], DELIVERED),
    ]

    assert await sending.settle(kind.store, tried) == tried[1:]
    assert await sending.settle(kind.store, tried) == []
    assert await sending.settle(kind.store, []) == []

    assert await kind.states() == {
        ("completed", "delivered"): 4,
        ("completed", "pending"): 1,
        ("completed", "refused"): 1,
    }
    assert sorted(await kind.told(), key=len) == [{"delivered": 2}, {"delivered": 1, "refused": 1}]
    await kind.age(3)
    [again] = await take(kind)
    assert again.id == half[1].id
    assert await settle(kind, again, DELIVERED)
    assert (await kind.told()).count({"delivered": 2}) == 2


async def test_back_after_its_delay(kind: Kind, ended: Make) -> None:
    """A mail to be tried again is due when its delay is over; its age counts from the first try."""
    event = ended("completed")
    await kind.owners(event.profile_id, somebody())
    await hear(kind, event)

    await settle_all(kind, LATER)
    assert await take(kind) == []
    await kind.age(3)
    [again] = await take(kind)

    assert again.since_first_try.total_seconds() >= 3


async def test_a_pause_holds_everybody(kind: Kind, ended: Make) -> None:
    """Asked to slow down, no sender takes anything until the pause is over."""
    event = ended("failed")
    await hear(kind, event)
    [limited, *_] = await take(kind, 1)
    pause = verdict_on(Transient("slow", code="resend_limited", retry_after=30.0), 1)
    await settle(kind, limited, pause)

    async with kind.store.transaction() as rows:
        held = await rows.take(10)
    await kind.age(31)

    assert not held.taken
    assert held.wait is not None
    assert 0 < held.wait <= 30
    assert len(await take(kind)) == 2


async def test_many_alerts_become_a_digest(kind: Kind, ended: Make) -> None:
    """From the eleventh alert in ten minutes on, an address gets one mail about all of them."""
    runs = [ended("failed", login=f"run-{n}") for n in range(14)]
    for run in runs:
        await hear(kind, run)

    alone = await take(kind)
    assert len(alone) == 20
    assert await kind.states() == {
        ("failed", "pending"): 20,
        ("failed", "digested"): 8,
        ("digest", "gathering"): 2,
    }
    for each in alone:
        await settle(kind, each, DELIVERED)
    assert await close_digests(kind) == 0
    await kind.age(601)
    assert await close_digests(kind) == 2
    mails = [json.loads(each.payload) for each in await take(kind)]

    assert {"boss@example.com", "ops@example.com"} == {mail["to"][0] for mail in mails}
    for mail in mails:
        assert mail["subject"] == "[TecHub] 4 more alerts within ten minutes"
        assert all(f"@run-{n}" in mail["text"] for n in range(10, 14))
    assert (await kind.told()).count({"digested": 2}) == 4


async def test_after_a_digest_alerts_go_alone_again(kind: Kind, ended: Make) -> None:
    """Once it is quiet, an alert is a mail of its own."""
    for n in range(11):
        await hear(kind, ended("failed", login=f"run-{n}"))
    await kind.age(601)
    await close_digests(kind)
    await hear(kind, ended("failed"))

    states = await kind.states()
    assert states["failed", "pending"] == 22
    assert states["digest", "pending"] == 2


async def test_a_report_settles_what_was_unknown(kind: Kind, ended: Make) -> None:
    """Resend says a mail whose answer was lost is delivered: it is not sent again."""
    event = ended("completed")
    await kind.owners(event.profile_id, somebody())
    await hear(kind, event)
    [lost] = await take(kind)

    await hear(kind, reported(lost, "delivered"))
    assert not await settle(kind, lost, LATER)
    await kind.age(60)

    assert await take(kind) == []
    assert await kind.states() == {("completed", "delivered"): 1}
    assert await kind.told() == [{"delivered": 1}]


async def test_a_report_before_any_try_proves_nothing(kind: Kind, ended: Make) -> None:
    """Nobody can have accepted what nobody has sent."""
    event = ended("completed")
    await kind.owners(event.profile_id, somebody())
    await hear(kind, event)
    [taken] = await take(kind)
    unknown = reported(taken, "delivered", delivery_id=uuid4())

    await hear(kind, unknown)

    assert await kind.states() == {("completed", "pending"): 1}


async def test_a_hard_bounce_stops_the_address(kind: Kind, ended: Make) -> None:
    """No later mail goes to an address that bounced for good; ops are told once, without it."""
    first, second = ended("completed"), ended("failed")
    for event in (first, second):
        await kind.owners(event.profile_id, somebody())
    await hear(kind, first)
    [taken] = await take(kind)
    await settle(kind, taken, DELIVERED)

    await hear(kind, reported(taken, "bounced", hard=False))
    assert ("bounced", "pending") not in await kind.states()
    await hear(kind, reported(taken, "bounced", hard=True, reason="no such user"))
    await hear(kind, reported(taken, "complained"))
    await hear(kind, second)
    mails = [json.loads(each.payload) for each in await take(kind)]

    assert (await kind.states())["failed", "refused"] == 1
    stops = [mail for mail in mails if "takes no mail" in mail["subject"]]
    assert sorted(mail["to"][0] for mail in stops) == list(ALERTS)
    assert "no such user" in stops[0]["text"]
    assert "ada@" not in json.dumps(stops)


async def test_a_bad_operator_address_is_told_to_the_others(kind: Kind, ended: Make) -> None:
    """An alert address that bounces is stopped, and only the others hear of it."""
    await hear(kind, ended("failed"))
    taken = {json.loads(each.payload)["to"][0]: each for each in await take(kind)}
    for each in taken.values():
        await settle(kind, each, DELIVERED)

    await hear(kind, reported(taken["ops@example.com"], "bounced", hard=True))
    await hear(kind, ended("failed"))
    to = Counter(json.loads(each.payload)["to"][0] for each in await take(kind))

    assert to == {"boss@example.com": 2}


async def test_operators_hear_of_an_exhausted_budget(kind: Kind, ended: Make) -> None:
    """One mail per alert address and day; none to an address that bounced."""
    await hear(kind, ended("failed"))
    taken = {json.loads(each.payload)["to"][0]: each for each in await take(kind)}
    for each in taken.values():
        await settle(kind, each, DELIVERED)
    await hear(kind, reported(taken["ops@example.com"], "bounced", hard=True))
    spent = {"tokens": 1_234_567, "promised": 8_000, "budget": 1_000_000, "cost_micros": 2_345_678}
    event = BudgetExhausted(run_id=uuid4(), login="-", day=date(2026, 11, 27), **spent)

    for _ in range(3):
        await hear(kind, event)
    mails = [json.loads(each.payload) for each in await take(kind)]
    [mail] = [one for one in mails if "budget" in one["subject"]]

    assert mail["to"] == ["boss@example.com"]
    for words in ("Friday, 27 November 2026", "1,234,567 tokens, about $2.35", "1,000,000"):
        assert words in mail["text"]
        assert words in mail["html"]
    assert (await kind.states())["budget", "refused"] == 1


async def test_operators_hear_once_of_what_fails_and_what_works_again(kind: Kind) -> None:
    """One mail per address about all changes of a probe, with what to do; no secret is in it."""
    broken = HealthChange(
        service="generator",
        check="github",
        state="fail",
        seen="token-1: refused, ask ada@example.org",
        todo="Replace it.",
    )
    since = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
    mended = HealthChange(service="api", check="store", state="ok", since=since)
    event = HealthChanged(
        run_id=uuid4(), login="-", probe=7, changes=(broken, mended), failing=1, more=2
    )

    for _ in range(3):
        await hear(kind, event)
    mails = [json.loads(each.payload) for each in await take(kind)]

    assert sorted(mail["to"][0] for mail in mails) == ["boss@example.com", "ops@example.com"]
    assert {mail["subject"] for mail in mails} == {"[TecHub] generator: github fails"}
    for words in (
        "token-1: refused, ask [address]",
        "Replace it.",
        "api: store",
        "2026-11-27 03:00 UTC",
        "2 more changes",
        "techub doctor",
        "/ops/doctor",
    ):
        assert words in mails[0]["text"]
        assert words in mails[0]["html"]


async def test_operators_hear_that_all_works_again(kind: Kind) -> None:
    """A mail without bad news names what was mended, the first by name."""
    changes = tuple(
        HealthChange(service="api", check=name, state="ok") for name in ("clock", "store", "nats")
    )
    await hear(kind, HealthChanged(run_id=uuid4(), login="-", probe=8, changes=changes))
    [mail, _] = [json.loads(each.payload) for each in await take(kind)]

    assert mail["subject"] == "[TecHub] api: clock works again, and 2 more"


async def test_an_address_is_asked_to_be_confirmed(kind: Kind) -> None:
    """One mail per change, with a link; none when the address is confirmed or gone by then."""
    wanted = Unconfirmed(uuid4(), "ada", "new@example.com")
    change = AddressChanged(run_id=uuid4(), login="ada", user_id=wanted.user_id)
    other = AddressChanged(run_id=uuid4(), login="bob", user_id=uuid4())
    await kind.to_confirm(wanted)

    for event in (change, change, other):
        await hear(kind, event)
    [taken] = await take(kind)
    mail = json.loads(taken.payload)

    assert mail["to"] == ["new@example.com"]
    assert "https://techub.test/settings/account/confirm/" in mail["text"]
    assert await settle(kind, taken, DELIVERED)
    assert await kind.told() == []


@pytest.mark.parametrize(
    "address", ["new@example.com\r\nBcc: eve@example.com", "n\u0435w@example.com"]
)
async def test_a_tricky_address_is_refused(kind: Kind, address: str) -> None:
    """An address that would break a header, or looks like another, is never written to."""
    wanted = Unconfirmed(uuid4(), "ada", address)
    await kind.to_confirm(wanted)

    await hear(kind, AddressChanged(run_id=uuid4(), login="ada", user_id=wanted.user_id))

    assert await kind.states() == {("confirm", "refused"): 1}


async def test_refused_is_told_the_next_time(kind: Kind, ended: Make) -> None:
    """Whom Resend refuses hears of the next end."""
    first = ended("completed")
    second = ended("completed", profile_id=first.profile_id)
    await kind.owners(first.profile_id, somebody())
    await hear(kind, first)
    await settle_all(kind, verdict_on(Permanent("no", code="address_refused"), 1))
    await hear(kind, second)

    assert await kind.states() == {("completed", "refused"): 1, ("completed", "pending"): 1}
    assert await kind.told() == [{"refused": 1}]


async def test_who_left_is_forgotten(kind: Kind, ended: Make) -> None:
    """What waits for somebody who is gone is dropped, and others' outcome does not wait for it."""
    leaver, stayer = somebody(), somebody("bob@example.com")
    first, second = ended("completed"), ended("completed")
    await kind.owners(first.profile_id, leaver)
    await kind.owners(second.profile_id, leaver, stayer)
    await hear(kind, first)
    await settle_all(kind)
    await hear(kind, second)
    leased = await take(kind)
    gone = AddressChanged(run_id=uuid4(), login="ada", user_id=leaver.user_id, gone=True)
    await hear(kind, gone)
    settled = [await settle(kind, each, DELIVERED) for each in leased]

    assert sorted(settled) == [False, True]
    assert await kind.states() == {("completed", "delivered"): 2, ("completed", "dropped"): 1}
    assert await kind.told() == [{"delivered": 1}, {"delivered": 1, "parked": 1}]
    async with kind.store.transaction() as rows:
        assert list(await rows.mails_of(leaver.user_id)) == []
        assert len(await rows.mails_of(stayer.user_id)) == 1
