"""Rows of `deliveries` from claim to outcome; each function works in its caller's transaction."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_common.events import Ended
from techub_common.outbox import Outbox
from techub_notifier import endings
from techub_notifier.rules import SETTLED, Notice, State, Verdict, delivery_id, run_event
from techub_notifier.tables import DELIVERIES

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=20)
"""Longer than a send may take; whoever dies holding one is succeeded after it."""


@dataclass(slots=True)
class Claimed:
    """How many are to be told now, and how many had been told by an earlier run."""

    pending: int = 0
    told_before: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that is ours to try until its lease ends."""

    id: UUID
    run_id: UUID
    event: str
    audience: str
    payload: str
    payload_sha256: str
    attempts: int
    since_first_try: timedelta
    lease_token: UUID

    @property
    def intact(self) -> bool:
        """Return whether the payload is still the one that was frozen."""
        return sha256_of(self.payload) == self.payload_sha256


async def claim(
    session: AsyncSession,
    event: Ended,
    notices: Sequence[Notice],
    written: Callable[[Notice], str],
) -> Claimed:
    """Make a row per notice that has none yet; what `written` returns is frozen as its payload."""
    claimed = Claimed()
    for notice in notices:
        row = _row(event, notice)
        if notice.state is State.pending:
            payload = written(notice)
            row |= {"payload": payload, "payload_sha256": sha256_of(payload)}
        else:
            row["settled_at"] = func.now()
        made = insert(DELIVERIES).values(row).on_conflict_do_nothing().returning(DELIVERIES.c.id)
        if (await session.execute(made)).first() is None:
            claimed.told_before += 1
        elif notice.state is State.pending:
            claimed.pending += 1
        else:
            log.info(
                SETTLED[notice.state],
                delivery_id=str(row["id"]),
                audience=notice.audience,
                reason=notice.reason,
            )
    return claimed


async def take(session: AsyncSession, limit: int) -> list[Taken]:
    """Lease up to `limit` due mails, each to us alone; the database's clock decides."""
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
    token = uuid4()
    leased = (
        update(DELIVERIES)
        .where(DELIVERIES.c.id == due.c.id)
        .values(
            lease_token=token,
            leased_until=func.now() + LEASE,
            attempts=DELIVERIES.c.attempts + 1,
            first_tried_at=func.coalesce(DELIVERIES.c.first_tried_at, func.now()),
        )
        .returning(
            DELIVERIES.c.id,
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
    return [Taken(**row) for row in (await session.execute(leased)).mappings()]


async def settle(session: AsyncSession, outbox: Outbox, taken: Taken, verdict: Verdict) -> bool:
    """Keep what a try came to and return True, or False when the lease is no longer ours.

    The mail that settles last tells what became of everybody, in the same transaction.
    """
    final = verdict.state is not State.pending
    ending = await endings.lock(session, taken.run_id, taken.event) if final else None
    kept = (
        update(DELIVERIES)
        .where(DELIVERIES.c.id == taken.id, DELIVERIES.c.lease_token == taken.lease_token)
        .values(
            state=verdict.state,
            provider_id=verdict.provider_id,
            last_error=verdict.error,
            settled_at=func.now() if final else None,
            due_at=func.now() + timedelta(seconds=verdict.again_in),
            lease_token=None,
            leased_until=None,
        )
        .returning(DELIVERIES.c.id)
    )
    if (await session.execute(kept)).first() is None:
        return False
    if ending is not None:
        await endings.record_if_over(session, outbox, ending)
    return True


def sha256_of(payload: str) -> str:
    """Return the hash that says whether a payload is the one that was frozen."""
    return hashlib.sha256(payload.encode()).hexdigest()


def _row(event: Ended, notice: Notice) -> dict[str, object]:
    return {
        "id": delivery_id(event, notice),
        "run_id": event.run_id,
        "event": run_event(event),
        "profile_id": event.profile_id,
        "audience": notice.audience,
        "user_id": notice.user_id,
        "recipient": notice.recipient,
        "address": notice.address,
        "state": notice.state,
        "last_error": notice.reason,
    }
