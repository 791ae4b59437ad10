"""The end of a run as it was heard, until it is told what became of everybody's mail."""

import json
from collections import Counter
from uuid import UUID

import structlog

from techub_common.envelope import TELL_HEADER, Envelope, handling, unseal
from techub_common.events import Ended, NotificationRecorded
from techub_notifier.rows import Ending, Rows
from techub_notifier.rules import RUN_EVENT, State, run_event

log = structlog.get_logger()


async def locked(rows: Rows, run_id: UUID, event: str) -> Ending:
    """Return the one ending, locked."""
    [ending] = await rows.lock_endings([(run_id, event)])
    return ending


async def settled(rows: Rows, run_id: UUID | None, event: str) -> Ending | None:
    """Return the locked ending of a run's mail, None for a mail that belongs to no run."""
    return await locked(rows, run_id, event) if run_id is not None else None


async def record_if_over(rows: Rows, *ended: Ending) -> None:
    """Tell what became of everybody, once per end, where nobody waits any more; they are locked."""
    open_ones = [ending for ending in ended if not ending.recorded]
    counts = await rows.counts([ending.end for ending in open_ones])
    over = [ending for ending in open_ones if not counts[ending.end][State.pending]]
    await rows.mark_recorded(over)
    for ending in over:
        await _tell(rows, ending, counts[ending.end], ending.cause_tell)


async def repeat(rows: Rows, event: Ended, tell: int) -> None:
    """Tell the outcome again when the end was told again with a raised tell."""
    ending = await locked(rows, event.run_id, run_event(event))
    if tell <= ending.cause_tell:
        return
    await rows.mark_ending(ending, cause_tell=tell)
    if ending.recorded:
        counts = await rows.counts([ending.end])
        await _tell(rows, ending, counts[ending.end], tell)


async def _tell(rows: Rows, ending: Ending, counts: Counter[State], tell: int) -> None:
    told = NotificationRecorded(
        run_id=ending.run_id,
        login=ending.login,
        event=RUN_EVENT.validate_python(ending.event),
        counts={
            "delivered": counts[State.delivered],
            "told_before": ending.told_before,
            "skipped": counts[State.skipped],
            "refused": counts[State.refused],
            "parked": counts[State.parked] + counts[State.dropped],
            "digested": counts[State.digested],
        },
    )
    cause = _cause(ending, tell)
    with (
        handling(cause),
        structlog.contextvars.bound_contextvars(
            trace_id=cause.trace_id, run_id=str(told.run_id), login=told.login
        ),
    ):
        await rows.tell(told)
        log.info("notification_recorded", outcome=told.event, **told.counts)


def _cause(ending: Ending, tell: int) -> Envelope:
    return unseal(json.dumps(ending.cause).encode(), {TELL_HEADER: str(tell)})
