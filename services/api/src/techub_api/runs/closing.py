"""Closes a run exactly once: when the last thing owed is settled, or when somebody cancels it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.artwork.claiming import give_back
from techub_api.profiles.tables import Profile
from techub_api.runs.rules import outcome
from techub_api.runs.status import Status
from techub_api.runs.story import clock, write_entry
from techub_api.runs.tables import Run
from techub_common.events import (
    FROM_OUTSIDE,
    Degradation,
    Ended,
    Notify,
    PipelineCanceled,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    RunError,
    Trigger,
)
from techub_common.masking import mask
from techub_common.outbox import Outbox

log = structlog.get_logger()

ENDINGS: Final[Mapping[Status, type[Ended]]] = {
    Status.success: PipelineCompleted,
    Status.partial_success: PipelinePartial,
    Status.failure: PipelineFailed,
}
SUPERSEDED: Final = "superseded"


def states_of(run: Run) -> dict[str, str]:
    """Return kind → state of every picture a locked run owes."""
    return {kind: picture.state for kind, picture in run.pictures.items()}


async def close_if_over(session: AsyncSession, outbox: Outbox, run: Run) -> None:
    """End the run when nothing is owed any more; the caller holds the run's lock."""
    pictures = states_of(run)
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
    figures = await _end(session, run, profile, status, error)
    ended = ENDINGS[status](
        run_id=run.id,
        login=profile.display_login,
        profile_id=profile.id,
        trigger=Trigger(run.trigger),
        notify=Notify(run.notify),
        degradations=tuple(Degradation.model_validate(part) for part in run.degradations),
        error=error,
        **figures,
    )
    outbox.tell(session, ended)
    log.info(
        ended.subject.replace(".", "_"),
        outcome=status,
        duration_ms=figures["duration_ms"],
        **figures["counts"],
    )


async def cancel(session: AsyncSession, outbox: Outbox, run: Run, by: str, reason: str) -> bool:
    """Cancel an open run at once and tell it; False for one that had ended already.

    What still arrives for it is kept with its steps and published nowhere; nobody is mailed. The
    caller holds the locks of profile and run.
    """
    if not Status(run.status).is_open:
        return False
    profile = await session.get_one(Profile, run.profile_id)
    code = SUPERSEDED if reason == SUPERSEDED else "canceled"
    error = RunError(stage="pipeline", code=code, message=mask(reason))
    await _end(session, run, profile, Status.canceled, error)
    outbox.tell(
        session,
        PipelineCanceled(
            run_id=run.id,
            login=profile.display_login,
            profile_id=profile.id,
            by=mask(by),
            reason=error.message,
        ),
    )
    await session.flush()  # before a run that takes its place is added
    log.info("pipeline_canceled", run_id=str(run.id), login=run.login, reason=error.message)
    return True


async def _end(
    session: AsyncSession, run: Run, profile: Profile, status: Status, error: RunError | None
) -> dict[str, Any]:
    """Make the rows say that the run is over; return its duration and what became of pictures."""
    now = await clock(session)
    run.status = status
    if not run.options.get("recipe"):  # a recipe leaves the published status alone
        profile.status = status
    run.error = error.model_dump() if error else None
    run.finished_at = run.last_progress_at = now
    await give_back(session, run)
    states = states_of(run)
    pictures = {kind: state for kind, state in states.items() if kind not in FROM_OUTSIDE}
    began = run.started_at or run.created_at
    figures: dict[str, Any] = {
        "duration_ms": max(0, round((now - began).total_seconds() * 1000)),
        "counts": dict(Counter(pictures.values())),
    }
    line = {"status": status, "degradations": run.degradations, "error": run.error}
    write_entry(session, run, "ended", line | figures)
    return figures
