"""Planted bugs, each switched on by itself, and the schedule that catches it.

`python -m tests.simulation.mutants` prints the list; it exits 1 when one survives.
"""

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4, uuid5

from techub_common.events import Ended, PipelineStarted
from techub_notifier import claiming, endings, handlers, rules, sending
from techub_notifier.rows import NewDelivery, Taken, Tried, sha256_of
from techub_notifier.rules import State, Verdict

from .__main__ import quiet
from .ledger import Ledger, Run, fact
from .memory import MemoryRows, Told
from .provider import Provider
from .schedules import run_schedule
from .system import Letters, Order

MOST_SEEDS = 400

Planted = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: what it is called, what it does, and how it is planted."""

    name: str
    does: str
    planted: Planted = nullcontext
    order: Order = field(default_factory=Order)


def catch(mutant: Mutant, seeds: range = range(1, MOST_SEEDS + 1)) -> tuple[int, str] | None:
    """Return the first seed under which the bug is seen, and as what."""
    with mutant.planted():
        for seed in seeds:
            if found := run_schedule(seed, mutant.order):
                return seed, found[0]
    return None


async def _check_then_send(event: Any, resources: Any) -> None:
    """Look whether somebody was told, send, write it down: the system we replace."""
    if not isinstance(event, Ended):
        return
    async with resources.store.transaction() as rows:
        owners = await rows.owners_of(event.profile_id)
        known = {
            (one.new.profile_id, one.new.event, one.new.recipient): one
            for one in rows._kept.deliveries.values()
        }
    how = rules.run_event(event)
    for notice in rules.notices_for(event, owners, resources.alert_addresses):
        if notice.state is not State.pending or (event.profile_id, how, notice.recipient) in known:
            continue
        delivery_id = rules.delivery_id(event, notice)
        payload = resources.letters.frozen(event, notice, delivery_id)
        try:
            provider_id = await resources.mailer.send(json.loads(payload), uuid4())
        except (sending.Permanent, sending.Transient):
            continue
        async with resources.store.transaction() as rows:
            await rows.add(_sent(event, notice, delivery_id, payload))
            if delivery_id in rows._kept.deliveries:
                rows._kept.deliveries[delivery_id].provider_id = provider_id


def _sent(event: Ended, notice: Any, delivery_id: UUID, payload: str) -> NewDelivery:
    return NewDelivery(
        id=delivery_id,
        event=rules.run_event(event),
        audience=notice.audience,
        recipient=notice.recipient,
        state=State.delivered,
        run_id=event.run_id,
        profile_id=event.profile_id,
        user_id=notice.user_id,
        address=notice.address,
        payload=payload,
    )


async def _send_before_claim(event: Any, resources: Any) -> None:
    if isinstance(event, Ended):
        owners = resources.store.kept.owners.get(event.profile_id, [])
        told = rules.notices_for(event, owners, resources.alert_addresses)
        for notice in told:
            if notice.state is State.pending:
                delivery_id = rules.delivery_id(event, notice)
                payload = resources.letters.frozen(event, notice, delivery_id)
                try:
                    await resources.mailer.send(json.loads(payload), delivery_id)
                except (sending.Permanent, sending.Transient):
                    continue
    await _NOTIFY(event, resources)


_NOTIFY = handlers.notify
_SEND = Provider.send
_ATTEMPT = sending.attempt
_DELIVER = sending.deliver
_TAKEN = MemoryRows._taken


async def _without_key(self: Provider, mail: dict[str, Any], key: UUID) -> str:
    del key
    return await _SEND(self, mail, self.world.uuid())


async def _key_with_attempt(taken: Taken, mailer: Any) -> Verdict:
    return await _ATTEMPT(replace(taken, key=uuid5(taken.key, str(taken.attempts))), mailer)


def _key_of_the_run(event: Ended, notice: Any) -> UUID:
    del notice
    return uuid5(event.run_id, f"delivery {rules.run_event(event)}")


async def _rendered_again(taken: Taken, mailer: Any) -> Verdict:
    mail = json.loads(taken.payload) | {"v": Letters(mailer.world).version}
    payload = json.dumps(mail)
    again = replace(taken, payload=payload, payload_sha256=sha256_of(payload))
    return await _ATTEMPT(again, mailer)


async def _record_before_send(taken: Taken, taken_at: float, ways: Any) -> None:
    del taken_at
    sent = Verdict(State.delivered, provider_id=str(taken.id))
    if await ways.settled(Tried(taken, sent)):
        await sending.attempt(taken, ways.mailer)


async def _closed_too(self: MemoryRows, recipient: str, address: str, fresh_id: UUID) -> UUID:
    for one in self._kept.deliveries.values():
        if one.new.recipient == recipient and one.new.event == "digest":
            return one.new.id
    return await _GATHERING(self, recipient, address, fresh_id)


_GATHERING = MemoryRows.gathering_digest


async def _record_at_once(rows: Any, ending: Any) -> None:
    counts = await rows.counts([ending.end])
    if not ending.recorded:
        await rows.mark_recorded([ending])
        await endings._tell(rows, ending, counts[ending.end], ending.cause_tell)


async def _claim_and_record(rows: Any, event: Ended, letters: Any, alerts: Any) -> None:
    await _END_OF_RUN(rows, event, letters, alerts)
    ending = await endings.locked(rows, event.run_id, rules.run_event(event))
    await _record_at_once(rows, ending)


_END_OF_RUN = claiming.end_of_run


def _close_again(self: Ledger, run: Run, status: Any, error: Any) -> None:
    if not run.status.is_open and run.status is status:
        return
    run.status = type(run.status).running
    _CLOSE(self, run, status, error)


_CLOSE = Ledger.close


def _owed_of_closed(self: Ledger) -> dict[UUID, UUID]:
    closed = {fact(run.id, PipelineStarted.type): run.id for run in self.runs.values()}
    return closed | _OWED(self)


_OWED = Ledger.owed


async def _nothing_stopped(*_: object) -> frozenset[str]:
    return frozenset()


def _on(target: object, name: str, bug: object) -> Planted:
    return lambda: patch.object(target, name, bug)


def _same_message_id(self: Ledger, row: Told) -> None:
    envelope = row.envelope
    if not any(
        other.envelope is not envelope and other.envelope.event is envelope.event
        for other in self.outbox
    ):
        self.outbox.append(Told(_Unraised(envelope)))
        self.retold += 1


class _Unraised:
    """An envelope told again under the id it was told under before."""

    def __init__(self, envelope: Any) -> None:
        self._envelope = envelope
        self.tell = envelope.tell + 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._envelope, name)


MUTANTS = (
    Mutant(
        "check_then_send",
        "looks whether somebody was told, sends, then writes it down, as the old system did",
        _on(handlers, "notify", _check_then_send),
    ),
    Mutant(
        "no_unique_key",
        "adds a delivery whether or not the owner was told of this profile before",
        _on(MemoryRows, "_taken", lambda self, row: row.id in self._kept.deliveries),
    ),
    Mutant(
        "send_before_claim",
        "sends first and claims afterwards",
        _on(handlers, "notify", _send_before_claim),
    ),
    Mutant(
        "ack_before_record",
        "acknowledges the message before the transaction",
        order=Order(ack_first=True),
    ),
    Mutant(
        "record_before_send",
        "calls a mail delivered before it is sent",
        _on(sending, "deliver", _record_before_send),
    ),
    Mutant("no_idempotency_key", "sends without a key", _on(Provider, "send", _without_key)),
    Mutant(
        "key_shared",
        "gives all recipients of a run one key",
        _on(rules, "delivery_id", _key_of_the_run),
    ),
    Mutant(
        "key_with_attempt",
        "puts the number of the try into the key",
        _on(sending, "attempt", _key_with_attempt),
    ),
    Mutant(
        "rendered_again",
        "renders the mail anew for every try",
        _on(sending, "attempt", _rendered_again),
    ),
    Mutant(
        "stale_lease",
        "keeps the outcome of a try whose lease is somebody else's",
        _on(MemoryRows, "_ours", lambda *_: True),
    ),
    Mutant(
        "parked_too_late",
        "parks after 25 hours, when the key is forgotten",
        _on(rules, "PARK_AFTER", timedelta(hours=25)),
    ),
    Mutant(
        "term_before_letter",
        "ends a message before its dead letter is written",
        order=Order(term_first=True),
    ),
    Mutant(
        "marked_before_published",
        "marks an outbox row before it is published",
        order=Order(mark_first=True),
    ),
    Mutant(
        "closed_twice",
        "ends a run that has ended",
        _on(Ledger, "close", _close_again),
    ),
    Mutant(
        "counted_before_locked",
        "counts what is owed before it holds the lock: two last pictures leave the run open",
        order=Order(stale_count=True),
    ),
    Mutant(
        "sweeps_closed_runs",
        "tells facts of a closed run again",
        _on(Ledger, "owed", _owed_of_closed),
    ),
    Mutant(
        "retold_as_twin",
        "tells again under the same Msg-Id",
        _on(Ledger, "tell_again", _same_message_id),
    ),
    Mutant(
        "grows_after_closing",
        "puts alerts into a digest that is on its way",
        _on(MemoryRows, "gathering_digest", _closed_too),
    ),
    Mutant(
        "recorded_too_early",
        "tells what became of everybody while mails still wait",
        _on(claiming, "end_of_run", _claim_and_record),
    ),
    Mutant(
        "bounces_forgotten",
        "writes to an address that bounced",
        _on(MemoryRows, "stopped", _nothing_stopped),
    ),
)


def main() -> None:
    """Print every mutant with what caught it."""
    quiet()
    wanted = set(sys.argv[1:])
    chosen = [mutant for mutant in MUTANTS if not wanted or mutant.name in wanted]
    survived = 0
    for mutant in chosen:
        caught = catch(mutant)
        if caught is None:
            survived += 1
            how = "SURVIVED"
        else:
            how = f"schedule {caught[0]}: {caught[1]}"
        print(f"{mutant.name:<24} {mutant.does}\n{'':<24} {how}")  # noqa: T201
    print(f"{len(chosen) - survived} of {len(chosen)} mutants caught")  # noqa: T201
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
