"""What must hold at the end of every schedule."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from techub_common.events import MailReported
from techub_notifier.rules import Audience, State, audiences, run_event

from .ledger import expected
from .memory import Delivery
from .system import ALERTS, System
from .world import HOUR, LONGEST_PAUSE

LAST_REQUEST = 23 * HOUR + LONGEST_PAUSE + 120
FINAL = (State.delivered, State.parked, State.digested, State.refused, State.skipped)


def problems(system: System) -> Iterator[str]:
    """Yield everything that is not as it must be."""
    yield from _twins(system)
    yield from _losses(system)
    yield from _unknown(system)
    yield from _runs(system)
    yield from _road(system)


def _twins(system: System) -> Iterator[str]:
    rows = system.memory.deliveries
    by_row: Counter[UUID] = Counter()
    told: Counter[tuple[object, ...]] = Counter()
    for mail in system.provider.accepted:
        row = rows.get(UUID(str(mail.payload["id"])))
        if row is None:
            yield f"a mail to {mail.to} belongs to no delivery"
            continue
        by_row[row.new.id] += 1
        new = row.new
        about = new.profile_id if new.user_id else new.run_id or new.id
        told[about, new.event, new.user_id or new.recipient] += 1
        if row.payload is not None and json_id(row.payload) != str(new.id):
            yield f"delivery {new.id} went out as another"
    yield from (f"delivery {one} was accepted {n} times" for one, n in by_row.items() if n > 1)
    yield from (f"{one} was told {n} times" for one, n in told.items() if n > 1)
    for one in system.memory.settled_again:
        yield f"delivery {one} was settled and changed again"
    if system.provider.conflicts:
        yield f"{system.provider.conflicts} requests had another payload under their key"


def json_id(payload: str) -> str:
    """Return whose payload it is."""
    return payload.split('"id": "', 1)[1][:36]


def _losses(system: System) -> Iterator[str]:
    rows = list(system.memory.deliveries.values())
    sent = {UUID(str(mail.payload["id"])) for mail in system.provider.accepted}
    digests = {
        mail.payload["id"]: mail.payload.get("runs", ()) for mail in system.provider.accepted
    }
    for row in rows:
        if row.state not in FINAL:
            yield f"delivery {row.new.id} is still {row.state}"
        if row.state is State.delivered and row.new.id not in sent:
            yield f"delivery {row.new.id} is called delivered and never went out"
        if row.new.id in sent and row.state not in (State.delivered, State.parked):
            yield f"delivery {row.new.id} went out and is {row.state}"
        if row.state is State.digested:
            digest = system.memory.deliveries[row.new.digest_id or row.new.id]
            runs = digests.get(str(digest.new.id))
            if digest.state is State.delivered and str(row.new.run_id) not in (runs or ()):
                yield f"alert {row.new.id} is in no digest"
    yield from _forgotten(system, rows)


def _forgotten(system: System, rows: list[Delivery]) -> Iterator[str]:
    for run in system.ledger.runs.values():
        if run.id in system.letters.poisoned or not run.ended:
            continue
        wanted = audiences(run.ended[0])
        event = run_event(run.ended[0])
        if Audience.ops in wanted:
            mine = {one.new.recipient for one in rows if one.new.run_id == run.id}
            missing = len(ALERTS) - sum(one.startswith("ops:") for one in mine)
            if missing:
                yield f"run {run.id}: {missing} operators were forgotten"
        if Audience.owner in wanted:
            yield from _owners(system, rows, run.profile_id, run.id, event)


def _owners(
    system: System, rows: list[Delivery], profile_id: UUID, run_id: UUID, event: str
) -> Iterator[str]:
    for owner in system.memory.owners[profile_id]:
        # A mail on its way stands for later runs, also when it is refused in the end.
        known = [
            one
            for one in rows
            if one.new.user_id == owner.user_id
            and one.new.event == event
            and (one.new.run_id == run_id or one.state is not State.skipped)
            and (one.new.run_id == run_id or one.state is not State.refused or one.attempts)
        ]
        if not known:
            yield f"run {run_id}: owner {owner.user_id} was forgotten"


def _unknown(system: System) -> Iterator[str]:
    first: dict[UUID, float] = {}
    for key, at in system.provider.asked:
        begun = first.setdefault(key, at)
        if at - begun > LAST_REQUEST:
            yield f"key {key} was used {(at - begun) / HOUR:.1f} h after its first use"
    stopped = system.memory.stopped
    for row in system.memory.deliveries.values():
        since = stopped.get(row.new.recipient.removeprefix("ops:"))
        late = since is not None and row.created_at > since and row.new.event != "digest"
        if late and row.state is State.delivered:
            yield f"delivery {row.new.id} went to a stopped address"


def _runs(system: System) -> Iterator[str]:
    for run in system.ledger.runs.values():
        if run.status.is_open:
            yield f"run {run.id} is still open"
            continue
        if len(run.ended) != 1:
            yield f"run {run.id} ended {len(run.ended)} times"
        if not run.overdue and run.status is not expected(run):
            yield f"run {run.id} ended as {run.status}, not {expected(run)}"
        if run.id in system.letters.poisoned:
            continue
        if run.notified is None:
            yield f"run {run.id}: nobody heard what became of its mails"
        else:
            yield from _counts(system, run.id, run.notified)


def _counts(system: System, run_id: UUID, notified: dict[str, int]) -> Iterator[str]:
    states = Counter(
        one.state for one in system.memory.deliveries.values() if one.new.run_id == run_id
    )
    known = sum(
        notified[name] for name in ("delivered", "refused", "skipped", "parked", "digested")
    )
    if known != sum(states.values()):
        yield f"run {run_id}: {known} outcomes were told of {sum(states.values())}"


def _road(system: System) -> Iterator[str]:
    if system.swallowed is not None:
        yield f"a re-tell of {system.swallowed.event.subject} was taken for a twin"
    if system.grave.ended - system.grave.letters:
        yield "a message was ended without a dead letter"
    if system.losses or system.broker.abandoned:
        return  # reports are not told again: a lost store loses those that were on the road
    for row in system.ledger.outbox:
        event = row.envelope.event
        if isinstance(event, MailReported) and event.id not in system.memory.inbox:
            yield f"report {event.report_id} was lost"
