"""Closes a run exactly once, in the transaction of the event that settled the last thing owed."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Profile
from techub_api.runs.rules import outcome
from techub_api.runs.status import Status
from techub_api.runs.story import clock, write_entry
from techub_api.runs.tables import Run, RunPicture
from techub_common.events import (
    AVATAR,
    Degradation,
    Ended,
    Notify,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    RunError,
    Trigger,
)
from techub_common.outbox import Outbox

log = structlog.get_logger()

ENDINGS: Final[Mapping[Status, type[Ended]]] = {
    Status.success: PipelineCompleted,
    Status.partial_success: PipelinePartial,
    Status.failure: PipelineFailed,
}


async def states_of(session: AsyncSession, run: Run) -> dict[str, str]:
    """Return kind → state of every picture the run owes."""
    rows = await session.execute(
        select(RunPicture.kind, RunPicture.state).where(RunPicture.run_id == run.id)
    )
    return {row.kind: row.state for row in rows}


async def close_if_over(session: AsyncSession, outbox: Outbox, run: Run) -> None:
    """End the run when nothing is owed any more; the caller holds the run's lock."""
    pictures = await states_of(session, run)
    ending = outcome(card_ready=run.card_ready, pictures=pictures, degradations=run.degradations)
    if ending is not None:
        status, error = ending
        await close(session, outbox, run, status, error)


async def close(
    session: AsyncSession, outbox: Outbox, run: Run, status: Status, error: RunError | None
) -> None:
    """End an open run with this status and tell it; a run that has ended stays as it is."""
    if not Status(run.status).is_open:
        return
    profile = await session.get_one(Profile, run.profile_id)
    now = await clock(session)
    run.status = profile.status = status
    run.error = error.model_dump() if error else None
    run.finished_at = run.last_progress_at = now
    pictures = await states_of(session, run)
    pictures.pop(AVATAR, None)
    duration_ms = round((now - run.created_at).total_seconds() * 1000)
    counts = dict(Counter(pictures.values()))
    ended = ENDINGS[status](
        run_id=run.id,
        login=profile.display_login,
        profile_id=profile.id,
        trigger=Trigger(run.trigger),
        notify=Notify(run.notify),
        duration_ms=duration_ms,
        degradations=tuple(Degradation.model_validate(part) for part in run.degradations),
        error=error,
        counts=counts,
    )
    await outbox.tell(session, ended)
    await write_entry(
        session,
        run,
        "ended",
        {
            "status": status,
            "duration_ms": duration_ms,
            "counts": counts,
            "degradations": run.degradations,
            "error": run.error,
        },
    )
    log.info(ended.subject.replace(".", "_"), outcome=status, duration_ms=duration_ms, **counts)
