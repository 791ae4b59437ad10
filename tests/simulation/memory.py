"""The notifier's rows in memory: the same contract as in Postgres, on a clock that can be moved."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from techub_common.addresses import fingerprint
from techub_common.envelope import Envelope, seal
from techub_common.events import Ended, Event, Reported
from techub_notifier import rules
from techub_notifier.rows import (
    LEASE,
    Digest,
    End,
    Ending,
    NewDelivery,
    Placed,
    Reportable,
    Rows,
    Taken,
    Took,
    Tried,
    Unconfirmed,
    sha256_of,
)
from techub_notifier.rules import ALERTS_WITHIN, Owner, Pace, State, Verdict, run_event

SOURCE = "/services/notifier"
WAITING = (State.pending, State.gathering)


@dataclass(slots=True)
class Delivery:
    """A row of `deliveries`."""

    new: NewDelivery
    key: UUID
    state: State
    payload: str | None
    sha256: str | None
    created_at: float
    due_at: float
    settled_at: float | None = None
    attempts: int = 0
    first_tried_at: float | None = None
    lease_token: UUID | None = None
    leased_until: float = 0.0
    provider_id: str | None = None
    error: str | None = None
    reported: str | None = None


@dataclass(slots=True)
class Told:
    """A row of an outbox."""

    envelope: Envelope
    told_at: float | None = None
    sequence: int | None = None
    tries: int = 0


@dataclass(slots=True)
class Memory:
    """Everything that is kept; `moment` is its clock, in seconds."""

    moment: Callable[[], float]
    new_token: Callable[[], UUID] = uuid4
    per_second: float = 0.0
    owners: dict[UUID, list[Owner]] = field(default_factory=dict)
    to_confirm: dict[UUID, Unconfirmed] = field(default_factory=dict)
    inbox: set[UUID] = field(default_factory=set)
    endings: dict[tuple[UUID, str], Ending] = field(default_factory=dict)
    deliveries: dict[UUID, Delivery] = field(default_factory=dict)
    stopped: dict[str, float] = field(default_factory=dict)
    outbox: list[Told] = field(default_factory=list)
    pace: Pace = field(default_factory=lambda: Pace(0.0))
    settled_again: list[UUID] = field(default_factory=list)


class MemoryStore:
    """Transactions over memory: what a body did is undone when it raises."""

    def __init__(self, kept: Memory) -> None:
        self.kept = kept

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Rows]:
        """Yield the rows; undo when the body raises."""
        rows = MemoryRows(self.kept)
        try:
            yield rows
        except BaseException:
            rows.undo()
            raise


class MemoryRows:
    """The rows of one transaction; nobody else looks before it is over."""

    def __init__(self, kept: Memory) -> None:
        self._kept = kept
        self._undo: list[Callable[[], Any]] = []

    def undo(self) -> None:
        """Take back everything, the last first."""
        while self._undo:
            self._undo.pop()()

    async def claim(self, heard: Collection[Envelope]) -> None:
        """Nobody else claims before it is over, so there is no hurry."""

    async def first_time(self, event: Event) -> bool:
        """Claim the id."""
        if event.id in self._kept.inbox:
            return False
        self._kept.inbox.add(event.id)
        self._undo.append(lambda: self._kept.inbox.discard(event.id))
        return True

    async def owners_of(self, profile_id: UUID) -> Sequence[Owner]:
        """Look them up."""
        return sorted(self._kept.owners.get(profile_id, ()), key=lambda one: one.user_id)

    async def unconfirmed(self, user_id: UUID) -> Unconfirmed | None:
        """Look it up."""
        return self._kept.to_confirm.get(user_id)

    async def stopped(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Look them up."""
        return frozenset(one for one in fingerprints if one in self._kept.stopped)

    async def stop(self, fingerprint: str, reason: str, delivery_id: UUID) -> bool:
        """Add it once."""
        del reason, delivery_id
        if fingerprint in self._kept.stopped:
            return False
        self._kept.stopped[fingerprint] = self._kept.moment()
        self._undo.append(lambda: self._kept.stopped.pop(fingerprint))
        return True

    async def allow(self, fingerprint: str) -> None:
        """Take it off."""
        if (since := self._kept.stopped.pop(fingerprint, None)) is not None:
            self._undo.append(lambda: self._kept.stopped.update({fingerprint: since}))

    async def add_ending(self, event: Ended, cause: Envelope) -> None:
        """Add it unless it is there."""
        key = (event.run_id, run_event(event))
        if key not in self._kept.endings:
            body = json.loads(cause.body())
            self._set_ending(key, Ending(*key, event.login, 0, body, cause.tell, recorded=False))

    async def lock_endings(self, ends: Collection[End]) -> Sequence[Ending]:
        """Look them up."""
        return [self._kept.endings[end] for end in sorted(ends)]

    async def mark_ending(
        self,
        ending: Ending,
        *,
        told_before: int | None = None,
        cause_tell: int | None = None,
    ) -> None:
        """Change what is given."""
        key = (ending.run_id, ending.event)
        now = self._kept.endings[key]
        changed = replace(
            now,
            told_before=now.told_before if told_before is None else told_before,
            cause_tell=now.cause_tell if cause_tell is None else cause_tell,
        )
        self._set_ending(key, changed)

    async def mark_recorded(self, endings: Collection[Ending]) -> None:
        """Note it."""
        for ending in endings:
            self._set_ending(ending.end, replace(self._kept.endings[ending.end], recorded=True))

    async def lock_recipient(self, recipient: str) -> int:
        """Count."""
        since = self._kept.moment() - ALERTS_WITHIN.total_seconds()
        return sum(
            1
            for one in self._kept.deliveries.values()
            if one.new.recipient == recipient
            and one.new.run_id is not None
            and one.new.audience == "ops"
            and one.created_at > since
        )

    async def gathering_digest(self, recipient: str, address: str, fresh_id: UUID) -> UUID:
        """Look for an open one, or begin it."""
        for one in self._kept.deliveries.values():
            if one.new.recipient == recipient and one.state is State.gathering:
                return one.new.id
        new = NewDelivery(
            id=fresh_id,
            event="digest",
            audience=rules.Audience.ops,
            recipient=recipient,
            state=State.gathering,
            address=address,
        )
        row = self._row(new)
        row.due_at = self._kept.moment() + ALERTS_WITHIN.total_seconds()
        self._insert(row)
        return fresh_id

    async def due_digest(self) -> Digest | None:
        """Look for one whose time has come."""
        now = self._kept.moment()
        for one in self._kept.deliveries.values():
            if one.state is State.gathering and one.due_at <= now:
                alerts = [
                    each.new.summary or {}
                    for each in self._kept.deliveries.values()
                    if each.new.digest_id == one.new.id
                ]
                return Digest(one.new.id, one.new.address or "", alerts)
        return None

    async def close_digest(self, digest_id: UUID, payload: str) -> None:
        """Freeze the mail."""
        row = self._kept.deliveries[digest_id]
        self._change(row, state=State.pending, payload=payload, sha256=sha256_of(payload))

    async def add(self, row: NewDelivery) -> bool:
        """Add it unless a unique key says that it is there."""
        if self._taken(row):
            return False
        self._insert(self._row(row))
        return True

    async def take(self, limit: int) -> Took:
        """Lease what is due."""
        now = self._kept.moment()
        pace = replace(self._kept.pace, per_second=self._kept.per_second)
        allowed, wait = rules.allowance(pace, now, limit)
        due = [
            one
            for one in self._kept.deliveries.values()
            if one.state is State.pending and one.due_at <= now and one.leased_until <= now
        ]
        due.sort(key=lambda one: one.due_at)
        token = self._kept.new_token()
        taken = [self._lease(one, token, now) for one in due[:allowed]]
        if self._kept.per_second and taken:
            self._set_pace(rules.spent(pace, now, len(taken)))
        return Took(taken, wait if len(taken) == allowed else None)

    async def settle(self, tried: Collection[Tried]) -> Sequence[Tried]:
        """Change those whose lease is still ours."""
        return [one for one in tried if self._settle(one.taken, one.verdict)]

    async def hold(self, seconds: float) -> None:
        """Move the moment, never back."""
        until = max(self._kept.pace.held_until, self._kept.moment() + seconds)
        self._set_pace(replace(self._kept.pace, held_until=until))

    async def counts(self, ends: Collection[End]) -> Mapping[End, Counter[State]]:
        """Count by state."""
        counted: dict[End, Counter[State]] = {end: Counter() for end in ends}
        for one in self._kept.deliveries.values() if counted else ():
            if one.new.run_id is not None and (end := (one.new.run_id, one.new.event)) in counted:
                counted[end][one.state] += 1
        return counted

    async def placed(self, delivery_id: UUID | None, provider_id: str) -> Placed | None:
        """Look by our own id, then by the provider's."""
        found = self._kept.deliveries.get(delivery_id) if delivery_id else None
        if found is None:
            named = (d for d in self._kept.deliveries.values() if d.provider_id == provider_id)
            found = next(named, None)
        return Placed(found.new.id, found.new.run_id, found.new.event) if found else None

    async def reportable(self, delivery_id: UUID) -> Reportable:
        """Look it up."""
        row = self._kept.deliveries[delivery_id]
        hashed = fingerprint(row.new.address) if row.new.address else None
        return Reportable(row.new.id, row.state, row.attempts, row.reported, hashed)

    async def keep_report(
        self, row: Reportable, reported: Reported, provider_id: str, *, accepted: bool
    ) -> None:
        """Change it."""
        changes: dict[str, Any] = {"reported": reported}
        if accepted:
            changes |= {
                "state": State.delivered,
                "provider_id": provider_id,
                "settled_at": self._kept.moment(),
                "lease_token": None,
                "leased_until": 0.0,
            }
        self._change(self._kept.deliveries[row.id], **changes)

    async def mails_of(self, user_id: UUID) -> Sequence[Placed]:
        """Look through all."""
        return [
            Placed(one.new.id, one.new.run_id, one.new.event)
            for one in self._kept.deliveries.values()
            if one.new.user_id == user_id and (one.payload or one.new.address)
        ]

    async def blank(self, delivery_id: UUID, reason: str) -> None:
        """Change it."""
        row = self._kept.deliveries[delivery_id]
        changes: dict[str, Any] = {"new": replace(row.new, payload=None, address=None)}
        if row.state is State.pending:
            changes |= {
                "state": State.dropped,
                "error": reason,
                "settled_at": self._kept.moment(),
                "lease_token": None,
                "leased_until": 0.0,
            }
        self._change(row, **changes, payload=None)

    async def tell(self, event: Event) -> None:
        """Add it to the outbox."""
        self._kept.outbox.append(Told(seal(event, SOURCE)))
        self._undo.append(self._kept.outbox.pop)

    def _taken(self, row: NewDelivery) -> bool:
        if row.id in self._kept.deliveries:
            return True
        for one in self._kept.deliveries.values():
            other = one.new
            if row.run_id is not None and (row.run_id, row.event, row.recipient) == (
                other.run_id,
                other.event,
                other.recipient,
            ):
                return True
            if (
                row.user_id is not None
                and row.profile_id is not None
                and row.state not in (State.skipped, State.refused)
                and one.state not in (State.skipped, State.refused)
                and (row.profile_id, row.event, row.user_id)
                == (other.profile_id, other.event, other.user_id)
            ):
                return True
        return False

    def _settle(self, taken: Taken, verdict: Verdict) -> bool:
        row = self._kept.deliveries[taken.id]
        if not self._ours(row, taken):
            return False
        now = self._kept.moment()
        self._change(
            row,
            state=verdict.state,
            provider_id=verdict.provider_id,
            error=verdict.error,
            settled_at=None if verdict.state is State.pending else now,
            due_at=now + verdict.again_in,
            lease_token=None,
            leased_until=0.0,
        )
        return True

    def _ours(self, row: Delivery, taken: Taken) -> bool:
        return row.lease_token == taken.lease_token

    def _row(self, new: NewDelivery) -> Delivery:
        now = self._kept.moment()
        return Delivery(
            new=new,
            key=new.id,
            state=new.state,
            payload=new.payload,
            sha256=sha256_of(new.payload) if new.payload is not None else None,
            created_at=now,
            due_at=now,
            settled_at=None if new.state in WAITING else now,
            error=new.reason,
        )

    def _insert(self, row: Delivery) -> None:
        self._kept.deliveries[row.new.id] = row
        self._undo.append(lambda: self._kept.deliveries.pop(row.new.id))

    def _lease(self, row: Delivery, token: UUID, now: float) -> Taken:
        first = row.first_tried_at if row.first_tried_at is not None else now
        self._change(
            row,
            lease_token=token,
            leased_until=now + LEASE.total_seconds(),
            attempts=row.attempts + 1,
            first_tried_at=first,
        )
        return Taken(
            id=row.new.id,
            key=row.key,
            run_id=row.new.run_id,
            event=row.new.event,
            audience=row.new.audience,
            payload=row.payload or "",
            payload_sha256=row.sha256 or "",
            attempts=row.attempts,
            since_first_try=timedelta(seconds=now - first),
            lease_token=token,
        )

    def _change(self, row: Delivery, **changes: Any) -> None:
        was = {name: getattr(row, name) for name in changes}
        if was.get("state") in (State.delivered, State.refused) and changes["state"] != row.state:
            self._kept.settled_again.append(row.new.id)
        for name, value in changes.items():
            setattr(row, name, value)
        self._undo.append(lambda: [setattr(row, name, value) for name, value in was.items()])

    def _set_ending(self, key: tuple[UUID, str], ending: Ending) -> None:
        was = self._kept.endings.get(key)
        self._kept.endings[key] = ending
        if was is None:
            self._undo.append(lambda: self._kept.endings.pop(key))
        else:
            self._undo.append(lambda: self._kept.endings.update({key: was}))

    def _set_pace(self, pace: Pace) -> None:
        was = self._kept.pace
        self._kept.pace = pace
        self._undo.append(lambda: setattr(self._kept, "pace", was))
