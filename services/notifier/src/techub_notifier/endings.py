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


async def settled(rows: Rows, run_id: UUID | None, event: str) -> Ending | None:
    """Return the locked ending of a run's mail, None for a mail that belongs to no run."""
    return await rows.lock_ending(run_id, event) if run_id is not None else None


async def record_if_over(rows: Rows, ending: Ending) -> None:
    """Tell what became of everybody, once, when nobody waits any more; the ending is locked."""
    counts = await rows.record_ending(ending)
    if counts is not None:
        await _tell(rows, ending, counts, ending.cause_tell)


async def repeat(rows: Rows, event: Ended, tell: int) -> None:
    """Tell the outcome again when the end was told again with a raised tell."""
    ending = await rows.lock_ending(event.run_id, run_event(event))
    if tell <= ending.cause_tell:
        return
    await rows.mark_ending(ending, cause_tell=tell)
    if ending.recorded:
        await _tell(rows, ending, await rows.counts(ending.run_id, ending.event), tell)


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
    with handling(_cause(ending, tell)):
        await rows.tell(told)
    log.info("notification_recorded", run_id=str(told.run_id), outcome=told.event, **told.counts)


def _cause(ending: Ending, tell: int) -> Envelope:
    return unseal(json.dumps(ending.cause).encode(), {TELL_HEADER: str(tell)})
