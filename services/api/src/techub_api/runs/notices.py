"""What only tells the story: stages as they go, and who was told of the end."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.runs.story import write_step
from techub_api.runs.tables import Run
from techub_common.events import NotificationRecorded, StageRecorded

NOTIFY_STEP: Final = "notify"


async def stage(session: AsyncSession, run: Run, event: StageRecorded) -> None:
    """Write the stage's line; it changes no outcome."""
    await write_step(
        session,
        run,
        event.stage,
        event.status,
        attempt=event.attempt,
        started_at=event.started_at,
        duration_ms=event.duration_ms,
        message=event.message,
        code=event.detail.get("code"),
        detail=event.detail,
    )


async def notified(session: AsyncSession, run: Run, event: NotificationRecorded) -> None:
    """Keep how many were told of the run's end."""
    counts: dict[str, Any] = {name: count for name, count in event.counts.items() if count}
    run.notified = counts
    message = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    await write_step(
        session, run, NOTIFY_STEP, "completed", message=message or "nobody to tell", detail=counts
    )
