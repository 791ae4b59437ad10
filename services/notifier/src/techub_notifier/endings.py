"""The end of a run as it was heard, until it is told what became of everybody's mail."""

import json
from typing import Any, cast

import structlog
from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_common.envelope import TELL_HEADER, Envelope, current, handling, seal, unseal
from techub_common.events import Ended, NotificationRecorded
from techub_common.outbox import Outbox
from techub_notifier.rules import State, run_event
from techub_notifier.tables import DELIVERIES, ENDINGS

log = structlog.get_logger()

Ending = Row[Any]


async def hear(session: AsyncSession, event: Ended) -> None:
    """Keep the end and the envelope it came in, so that what follows names its cause."""
    cause = current() or seal(event, "/services/notifier")
    row = {
        "run_id": event.run_id,
        "event": run_event(event),
        "profile_id": event.profile_id,
        "login": event.login,
        "cause": json.loads(cause.body()),
        "cause_tell": cause.tell,
    }
    await session.execute(insert(ENDINGS).values(row).on_conflict_do_nothing())


async def count_told_before(session: AsyncSession, event: Ended, people: int) -> None:
    """Keep how many had been told by an earlier run."""
    if people:
        await session.execute(
            update(ENDINGS)
            .where(ENDINGS.c.run_id == event.run_id, ENDINGS.c.event == run_event(event))
            .values(told_before=people)
        )


async def lock(session: AsyncSession, run_id: object, event: str) -> Ending:
    """Return the ending, locked: two last mails at once settle one after the other."""
    wanted = select(ENDINGS).where(ENDINGS.c.run_id == run_id, ENDINGS.c.event == event)
    return (await session.execute(wanted.with_for_update())).one()


async def record_if_over(session: AsyncSession, outbox: Outbox, ending: Ending) -> None:
    """Tell what became of everybody, once, when nobody waits any more; the ending is locked."""
    counts = await _counts(session, ending)
    if ending.recorded_at is not None or counts[State.pending]:
        return
    await _mark(session, ending, recorded_at=func.now())
    with handling(_cause(ending)):
        await _tell(session, outbox, ending, counts)


async def repeat(session: AsyncSession, outbox: Outbox, event: Ended) -> None:
    """Tell the outcome again when the end was told again with a raised tell."""
    cause = current() or seal(event, outbox.source)
    ending = await lock(session, event.run_id, run_event(event))
    if cause.tell <= ending.cause_tell:
        return
    await _mark(session, ending, cause_tell=cause.tell)
    if ending.recorded_at is not None:
        await _tell(session, outbox, ending, await _counts(session, ending))


async def _tell(
    session: AsyncSession, outbox: Outbox, ending: Ending, counts: dict[State, int]
) -> None:
    told = NotificationRecorded(
        run_id=ending.run_id,
        login=ending.login,
        event=ending.event,
        counts={
            "delivered": counts[State.delivered],
            "told_before": ending.told_before,
            "skipped": counts[State.skipped],
            "refused": counts[State.refused],
            "parked": counts[State.parked],
        },
    )
    outbox.tell(session, told)
    log.info("notification_recorded", run_id=str(told.run_id), outcome=told.event, **told.counts)


async def _counts(session: AsyncSession, ending: Ending) -> dict[State, int]:
    rows = await session.execute(
        select(DELIVERIES.c.state, func.count())
        .where(DELIVERIES.c.run_id == ending.run_id, DELIVERIES.c.event == ending.event)
        .group_by(DELIVERIES.c.state)
    )
    found = {State(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in State}


async def _mark(session: AsyncSession, ending: Ending, **changes: object) -> None:
    await session.execute(
        update(ENDINGS)
        .where(ENDINGS.c.run_id == ending.run_id, ENDINGS.c.event == ending.event)
        .values(**changes)
    )


def _cause(ending: Ending) -> Envelope:
    body = json.dumps(cast("dict[str, Any]", ending.cause)).encode()
    return unseal(body, {TELL_HEADER: str(ending.cause_tell)})
