"""What has been told and is owed an effect."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.runs.closing import ENDINGS
from techub_api.runs.status import OPEN, Status
from techub_api.runs.tables import Run, RunPicture
from techub_api.schema import OUTBOX
from techub_common.events import FROM_OUTSIDE, CaptureRequested, PipelineStarted, derived_id


async def owed_events(session: AsyncSession) -> dict[UUID, UUID]:
    """Return event id → run id of every told fact whose effect is unknown, in three reads."""
    owed: dict[UUID, UUID] = {}
    avatar = and_(
        RunPicture.run_id == Run.id, RunPicture.kind.in_(FROM_OUTSIDE), RunPicture.state == "open"
    )
    unread = select(Run.id).outerjoin(RunPicture, avatar)
    unread = unread.where(
        Run.status == Status.running, or_(~Run.card_ready, RunPicture.kind.is_not(None))
    )
    for run_id in await session.scalars(unread):
        owed[derived_id(run_id, PipelineStarted.type)] = run_id
    pictures = (
        select(RunPicture.run_id, RunPicture.kind)
        .join(Run, Run.id == RunPicture.run_id)
        .where(Run.status.in_(OPEN), RunPicture.state == "open", RunPicture.requested)
    )
    for run_id, kind in await session.execute(pictures):
        owed[derived_id(run_id, CaptureRequested.type, kind)] = run_id
    untold = select(Run.id, Run.status).where(
        Run.status.in_([str(status) for status in ENDINGS]), Run.notified.is_(None)
    )
    for run_id, status in await session.execute(untold):
        owed[derived_id(run_id, ENDINGS[Status(status)].type)] = run_id
    return owed


async def next_in_line(session: AsyncSession, places: int) -> list[UUID]:
    """Return the queued runs that may begin: whoever runs now takes up one of the places."""
    running = await session.scalar(
        select(func.count()).select_from(Run).where(Run.status == Status.running)
    )
    free = max(0, places - (running or 0))
    queued = select(Run.id).where(Run.status == Status.queued).order_by(Run.number).limit(free)
    return list(await session.scalars(queued)) if free else []


async def newest_tells(
    session: AsyncSession, event_ids: Iterable[UUID]
) -> list[Row[tuple[Any, ...]]]:
    """Return the outbox row of each fact's newest tell; those not yet published are left out."""
    rows = await session.execute(
        select(OUTBOX)
        .where(OUTBOX.c.event_id.in_(list(event_ids)))
        .ext(distinct_on(OUTBOX.c.event_id))
        .order_by(OUTBOX.c.event_id, OUTBOX.c.tell.desc())
    )
    return [row for row in rows if row.told_at is not None]


async def open_runs(session: AsyncSession) -> list[tuple[UUID, datetime, datetime, datetime]]:
    """Return id, last progress and start of every running run, and the database's clock."""
    began = func.coalesce(Run.started_at, Run.created_at)
    rows = await session.execute(
        select(Run.id, Run.last_progress_at, began, func.clock_timestamp()).where(
            Run.status == Status.running
        )
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
