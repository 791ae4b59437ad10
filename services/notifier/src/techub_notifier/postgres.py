"""The rows in Postgres; the database's clock decides, and constraints refuse what cannot be."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    Table,
    TableValuedAlias,
    Text,
    Uuid,
    case,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_common.addresses import fingerprint
from techub_common.database import Sessions, transaction
from techub_common.envelope import Envelope
from techub_common.events import Ended, Event, Reported
from techub_common.inbox import first_time, first_times
from techub_common.outbox import Outbox
from techub_common.streams import NOTIFIER
from techub_notifier import recipients
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
from techub_notifier.rules import (
    ALERTS_WITHIN,
    Audience,
    Owner,
    Pace,
    State,
    allowance,
    audiences,
    fingerprints_of,
    in_order,
    run_event,
    spent,
)
from techub_notifier.tables import DELIVERIES, ENDINGS, INBOX, PACE, STOPPED

_SECONDS_NOW: Final = func.extract("epoch", func.clock_timestamp())
_ALERTS_LOCK: Final = 7_236_003


@dataclass(frozen=True, slots=True)
class PostgresStore:
    """Transactions on the schema `notifier`; `per_second` is the pace all replicas share."""

    sessions: Sessions
    outbox: Outbox
    per_second: float = 0.0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Rows]:
        """Yield the rows and commit at the end; raise Away."""
        async with transaction(self.sessions) as session:
            yield PostgresRows(session, self.outbox, self.per_second)


@dataclass(frozen=True, slots=True)
class PostgresRows:
    """The rows of one open session."""

    session: AsyncSession
    outbox: Outbox
    per_second: float = 0.0
    claimed: dict[UUID, bool] = field(default_factory=dict)
    ended: set[UUID] = field(default_factory=set)
    owners: dict[UUID, Sequence[Owner]] = field(default_factory=dict)
    known_stopped: dict[str, bool] = field(default_factory=dict)

    async def claim(self, heard: Collection[Envelope]) -> None:
        """Take a statement each for the ids, the endings, the owners and the stopped addresses."""
        told = {envelope.event.id: envelope for envelope in heard}
        new = await first_times(self.session, INBOX, NOTIFIER.name, told)
        self.claimed.update({event_id: event_id in new for event_id in told})
        ends = [
            (envelope.event, envelope)
            for event_id, envelope in told.items()
            if event_id in new and isinstance(envelope.event, Ended)
        ]
        await self._add_endings(ends)
        profiles = {event.profile_id for event, _ in ends if Audience.owner in audiences(event)}
        if profiles:
            self.owners.update(await recipients.owners_of(self.session, profiles))
            owners = [owner for profile_id in profiles for owner in self.owners[profile_id]]
            await self.stopped(fingerprints_of(owners, ()))

    async def first_time(self, event: Event) -> bool:
        """Say what became of an earlier claim, once, or claim the event's id now."""
        if event.id in self.claimed:
            new, self.claimed[event.id] = self.claimed[event.id], False
            return new
        return await first_time(self.session, INBOX, NOTIFIER.name, event)

    async def owners_of(self, profile_id: UUID) -> Sequence[Owner]:
        """Read the owners through the api's view, unless the claim has done so."""
        if profile_id not in self.owners:
            self.owners.update(await recipients.owners_of(self.session, [profile_id]))
        return self.owners[profile_id]

    async def unconfirmed(self, user_id: UUID) -> Unconfirmed | None:
        """Read the address to confirm through the api's view."""
        return await recipients.unconfirmed(self.session, user_id)

    async def stopped(self, fingerprints: Collection[str]) -> frozenset[str]:
        """Look those up by their hashes that this transaction has not looked up or changed."""
        fresh = [one for one in fingerprints if one not in self.known_stopped]
        if fresh:
            wanted = select(STOPPED.c.fingerprint).where(STOPPED.c.fingerprint.in_(fresh))
            found = set(await self.session.scalars(wanted))
            self.known_stopped.update({one: one in found for one in fresh})
        return frozenset(one for one in fingerprints if self.known_stopped[one])

    async def stop(self, fingerprint: str, reason: str, delivery_id: UUID) -> bool:
        """Add the address, once."""
        row = {"fingerprint": fingerprint, "reason": reason, "delivery_id": delivery_id}
        made = insert(STOPPED).values(row).on_conflict_do_nothing()
        added = await self.session.execute(made.returning(STOPPED.c.fingerprint))
        self.known_stopped[fingerprint] = True
        return added.first() is not None

    async def allow(self, fingerprint: str) -> None:
        """Take the address off the list."""
        await self.session.execute(delete(STOPPED).where(STOPPED.c.fingerprint == fingerprint))
        self.known_stopped[fingerprint] = False

    async def add_ending(self, event: Ended, cause: Envelope) -> None:
        """Add the ending unless it is there, or was added with the claim."""
        if event.id not in self.ended:
            await self._add_endings([(event, cause)])

    async def lock_endings(self, ends: Collection[End]) -> Sequence[Ending]:
        """Select them FOR UPDATE; where none is asked for, nothing is done."""
        if not ends:
            return ()
        wanted = select(ENDINGS).where(_among(ENDINGS, ends))
        wanted = wanted.order_by(ENDINGS.c.profile_id, ENDINGS.c.run_id, ENDINGS.c.event)
        rows = (await self.session.execute(wanted.with_for_update())).all()
        if len(rows) != len(ends):
            message = f"{len(ends) - len(rows)} of {len(ends)} endings are not there"
            raise LookupError(message)
        return [
            Ending(
                run_id=row.run_id,
                event=row.event,
                login=row.login,
                told_before=row.told_before,
                cause=cast("dict[str, Any]", row.cause),
                cause_tell=row.cause_tell,
                recorded=row.recorded_at is not None,
            )
            for row in rows
        ]

    async def mark_ending(
        self,
        ending: Ending,
        *,
        told_before: int | None = None,
        cause_tell: int | None = None,
    ) -> None:
        """Update what is given."""
        changes: dict[str, Any] = {"told_before": told_before, "cause_tell": cause_tell}
        changes = {name: value for name, value in changes.items() if value is not None}
        await self.session.execute(
            update(ENDINGS)
            .where(ENDINGS.c.run_id == ending.run_id, ENDINGS.c.event == ending.event)
            .values(**changes)
        )

    async def mark_recorded(self, endings: Collection[Ending]) -> None:
        """Update them in one statement; where none is given, nothing is done."""
        if endings:
            these = _among(ENDINGS, [ending.end for ending in endings])
            await self.session.execute(update(ENDINGS).where(these).values(recorded_at=func.now()))

    async def lock_recipient(self, recipient: str) -> int:
        """Count under an advisory lock of the recipient's own."""
        key = func.hashtext(recipient)
        await self.session.execute(select(func.pg_advisory_xact_lock(_ALERTS_LOCK, key)))
        lately = select(func.count()).where(
            DELIVERIES.c.audience == "ops",
            DELIVERIES.c.run_id.is_not(None),
            DELIVERIES.c.recipient == recipient,
            DELIVERIES.c.created_at > func.now() - ALERTS_WITHIN,
        )
        return await self.session.scalar(lately) or 0

    async def gathering_digest(self, recipient: str, address: str, fresh_id: UUID) -> UUID:
        """Select it FOR UPDATE; who closes it meanwhile makes us begin another."""
        open_one = select(DELIVERIES.c.id).where(
            DELIVERIES.c.recipient == recipient, DELIVERIES.c.state == State.gathering
        )
        found: UUID | None = await self.session.scalar(open_one.with_for_update())
        if found is not None:
            return found
        row = {
            "id": fresh_id,
            "key": fresh_id,
            "event": "digest",
            "audience": "ops",
            "recipient": recipient,
            "address": address,
            "state": State.gathering,
            "due_at": func.now() + ALERTS_WITHIN,
        }
        await self.session.execute(insert(DELIVERIES).values(row))
        return fresh_id

    async def due_digest(self) -> Digest | None:
        """Select one FOR UPDATE SKIP LOCKED, then the alerts that went into it."""
        due = select(DELIVERIES.c.id, DELIVERIES.c.address).where(
            DELIVERIES.c.state == State.gathering, DELIVERIES.c.due_at <= func.now()
        )
        locked = due.order_by(DELIVERIES.c.due_at).limit(1).with_for_update(skip_locked=True)
        row = (await self.session.execute(locked)).first()
        if row is None:
            return None
        alerts = (
            select(DELIVERIES.c.summary)
            .where(DELIVERIES.c.digest_id == row.id)
            .order_by(DELIVERIES.c.created_at, DELIVERIES.c.id)
        )
        return Digest(row.id, row.address, list(await self.session.scalars(alerts)))

    async def close_digest(self, digest_id: UUID, payload: str) -> None:
        """Make it pending with its payload frozen."""
        await self.session.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.id == digest_id, DELIVERIES.c.state == State.gathering)
            .values(state=State.pending, payload=payload, payload_sha256=sha256_of(payload))
        )

    async def add(self, row: NewDelivery) -> bool:
        """Insert, or do nothing where a unique key says that it is there."""
        values = asdict(row)
        values["last_error"] = values.pop("reason")
        values["key"] = row.id
        values["payload_sha256"] = sha256_of(row.payload) if row.payload is not None else None
        if row.state is not State.pending:
            values["settled_at"] = func.now()
        values = {name: value for name, value in values.items() if value is not None}
        made = insert(DELIVERIES).values(values).on_conflict_do_nothing()
        return (await self.session.execute(made.returning(DELIVERIES.c.id))).first() is not None

    async def take(self, limit: int) -> Took:
        """Lease what is due; who waits for the pace waits behind the other replicas."""
        now, pace = await self._pace()
        allowed, wait = allowance(pace, now, limit)
        if not allowed:
            return Took(wait=wait)
        taken = await self._lease(allowed)
        if self.per_second and taken:
            next_at = spent(pace, now, len(taken)).next_at
            await self.session.execute(update(PACE).values(next_at=next_at))
        return Took(taken, wait if len(taken) == allowed else None)

    async def settle(self, tried: Collection[Tried]) -> Sequence[Tried]:
        """Update where the lease is still ours, in one statement."""
        each = _as_rows(tried)
        later = func.make_interval(0, 0, 0, 0, 0, 0, each.c.again_in)
        kept = (
            update(DELIVERIES)
            .where(DELIVERIES.c.id == each.c.id, DELIVERIES.c.lease_token == each.c.lease_token)
            .values(
                state=each.c.state,
                provider_id=each.c.provider_id,
                last_error=each.c.error,
                settled_at=case((each.c.state != State.pending, func.now())),
                due_at=func.now() + later,
                lease_token=None,
                leased_until=None,
            )
        )
        ours = await self.session.execute(kept.returning(each.c.id, each.c.lease_token))
        leases = {(row.id, row.lease_token) for row in ours}
        return [one for one in tried if (one.taken.id, one.taken.lease_token) in leases]

    async def hold(self, seconds: float) -> None:
        """Move the moment from which anybody may send again, never back."""
        until = func.greatest(PACE.c.held_until, _SECONDS_NOW + seconds)
        await self.session.execute(update(PACE).values(held_until=until))

    async def counts(self, ends: Collection[End]) -> Mapping[End, Counter[State]]:
        """Count by state, in one statement."""
        counted: dict[End, Counter[State]] = {end: Counter() for end in ends}
        if not ends:
            return counted
        by = (DELIVERIES.c.run_id, DELIVERIES.c.event, DELIVERIES.c.state)
        wanted = select(*by, func.count().label("number")).where(_among(DELIVERIES, ends))
        for row in await self.session.execute(wanted.group_by(*by)):
            counted[row.run_id, row.event][State(row.state)] = row.number
        return counted

    async def placed(self, delivery_id: UUID | None, provider_id: str) -> Placed | None:
        """Look by our own id first, then by the provider's."""
        named = select(DELIVERIES.c.id, DELIVERIES.c.run_id, DELIVERIES.c.event)
        for where in (DELIVERIES.c.id == delivery_id, DELIVERIES.c.provider_id == provider_id):
            row = (await self.session.execute(named.where(where))).first()
            if row is not None:
                return Placed(row.id, row.run_id, row.event)
        return None

    async def reportable(self, delivery_id: UUID) -> Reportable:
        """Select it FOR UPDATE."""
        wanted = select(DELIVERIES).where(DELIVERIES.c.id == delivery_id)
        row = (await self.session.execute(wanted.with_for_update())).one()
        return Reportable(
            id=row.id,
            state=State(row.state),
            attempts=row.attempts,
            reported=row.reported,
            fingerprint=fingerprint(row.address) if row.address else None,
        )

    async def keep_report(
        self, row: Reportable, reported: Reported, provider_id: str, *, accepted: bool
    ) -> None:
        """Update; an accepted one gives up its lease, so that a late try changes nothing."""
        changes: dict[str, Any] = {"reported": reported, "reported_at": func.now()}
        if accepted:
            changes |= {
                "state": State.delivered,
                "provider_id": provider_id,
                "settled_at": func.now(),
                "lease_token": None,
                "leased_until": None,
            }
        await self.session.execute(
            update(DELIVERIES).where(DELIVERIES.c.id == row.id).values(**changes)
        )

    async def mails_of(self, user_id: UUID) -> Sequence[Placed]:
        """Look by the person's id."""
        holding = or_(DELIVERIES.c.payload.is_not(None), DELIVERIES.c.address.is_not(None))
        rows = await self.session.execute(
            select(DELIVERIES.c.id, DELIVERIES.c.run_id, DELIVERIES.c.event)
            .where(DELIVERIES.c.user_id == user_id, holding)
            .order_by(DELIVERIES.c.created_at, DELIVERIES.c.id)
        )
        return [Placed(row.id, row.run_id, row.event) for row in rows]

    async def blank(self, delivery_id: UUID, reason: str) -> None:
        """Update; a lease ends, so that a late answer changes nothing."""
        this = update(DELIVERIES).where(DELIVERIES.c.id == delivery_id)
        await self.session.execute(
            this.where(DELIVERIES.c.state == State.pending).values(
                state=State.dropped,
                last_error=reason,
                settled_at=func.now(),
                lease_token=None,
                leased_until=None,
                payload=None,
                address=None,
            )
        )
        await self.session.execute(this.values(payload=None, address=None))

    async def tell(self, event: Event) -> None:
        """Add the event to the outbox."""
        self.outbox.tell(self.session, event)

    async def _add_endings(self, ends: Collection[tuple[Ended, Envelope]]) -> None:
        """Insert them in the order in which they are locked."""
        rows = [
            {
                "run_id": event.run_id,
                "event": run_event(event),
                "profile_id": event.profile_id,
                "login": event.login,
                "cause": json.loads(cause.body()),
                "cause_tell": cause.tell,
            }
            for event, cause in sorted(ends, key=lambda one: in_order(one[0]))
        ]
        if rows:
            await self.session.execute(insert(ENDINGS).on_conflict_do_nothing(), rows)
        self.ended.update(event.id for event, _ in ends)

    async def _pace(self) -> tuple[float, Pace]:
        wanted = select(_SECONDS_NOW.label("now"), PACE.c.next_at, PACE.c.held_until)
        if self.per_second:
            wanted = wanted.with_for_update()
        row = (await self.session.execute(wanted)).one()
        return float(row.now), Pace(self.per_second, row.next_at, row.held_until)

    async def _lease(self, limit: int) -> list[Taken]:
        due = (
            select(DELIVERIES.c.id)
            .where(
                DELIVERIES.c.state == State.pending,
                DELIVERIES.c.due_at <= func.now(),
                or_(DELIVERIES.c.leased_until.is_(None), DELIVERIES.c.leased_until < func.now()),
            )
            .order_by(DELIVERIES.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        leased = (
            update(DELIVERIES)
            .where(DELIVERIES.c.id == due.c.id)
            .values(
                lease_token=uuid4(),
                leased_until=func.now() + LEASE,
                attempts=DELIVERIES.c.attempts + 1,
                first_tried_at=func.coalesce(DELIVERIES.c.first_tried_at, func.now()),
            )
            .returning(
                DELIVERIES.c.id,
                DELIVERIES.c.key,
                DELIVERIES.c.run_id,
                DELIVERIES.c.event,
                DELIVERIES.c.audience,
                DELIVERIES.c.payload,
                DELIVERIES.c.payload_sha256,
                DELIVERIES.c.attempts,
                (func.now() - DELIVERIES.c.first_tried_at).label("since_first_try"),
                DELIVERIES.c.lease_token,
            )
        )
        return [Taken(**row) for row in (await self.session.execute(leased)).mappings()]


def _among(table: Table, ends: Collection[End]) -> ColumnElement[bool]:
    """Return that a row of the table belongs to one of the ends."""
    return tuple_(table.c.run_id, table.c.event).in_(list(ends))


def _as_rows(tried: Collection[Tried]) -> TableValuedAlias:
    """Return the tries as a table; the statement is the same for any number of them."""
    columns = {
        column("id", Uuid): [one.taken.id for one in tried],
        column("lease_token", Uuid): [one.taken.lease_token for one in tried],
        column("state", Text): [one.verdict.state.value for one in tried],
        column("provider_id", Text): [one.verdict.provider_id for one in tried],
        column("error", Text): [one.verdict.error for one in tried],
        column("again_in", Double): [one.verdict.again_in for one in tried],
    }
    lists = [literal(values, ARRAY(one.type)) for one, values in columns.items()]
    return func.unnest(*lists).table_valued(*columns, name="tried").render_derived()
