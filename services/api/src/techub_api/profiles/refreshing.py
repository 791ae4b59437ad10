"""Which profiles are read from GitHub again, and when: those that are due, or were long ago.

A visit or a webhook only marks a profile due. Who was tried least recently comes first, whatever
came of it, so nobody starves and nobody blocks the others.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.details import ProfileStats
from techub_api.profiles.tables import Profile
from techub_api.runs.status import OPEN, Status
from techub_api.runs.tables import Run

AT_MOST_EVERY: Final = timedelta(hours=1)
WAITING: Final = 20
FIGURES: Final = ("followers", "following", "public_repos", "total_stars", "total_forks")
LONG_AGO: Final = text("'epoch'::timestamptz")


async def visited(session: AsyncSession, login: str, synced_at: datetime | None) -> None:
    """Have a profile that somebody looks at refreshed soon, when it is more than an hour old."""
    if synced_at is not None and datetime.now(UTC) - synced_at > AT_MOST_EVERY:
        await mark_due(session, Profile.login == login.lower())


async def mark_due(session: AsyncSession, who: ColumnElement[bool]) -> bool:
    """Have the profile `who` tells refreshed soon, an hour after its last reading at the earliest.

    Returns whether it was not due already; asking a thousand times changes nothing more.
    """
    soon = func.greatest(func.now(), Profile.synced_at + AT_MOST_EVERY)
    marked = await session.execute(
        update(Profile)
        .where(who, Profile.listed, Profile.github_id.is_not(None), Profile.due_at.is_(None))
        .values(due_at=soon)
        .returning(Profile.id)
    )
    return marked.first() is not None


async def due_profiles(session: AsyncSession, stale_after: timedelta) -> list[UUID]:
    """Return the profiles to refresh now, as many as there is room for in the line."""
    waiting = await session.scalar(
        select(func.count()).select_from(Run).where(Run.bulk, Run.status == Status.queued)
    )
    room = max(0, WAITING - (waiting or 0))
    last = func.coalesce(func.greatest(Profile.refresh_tried_at, Profile.synced_at), LONG_AGO)
    open_run = select(Run.id).where(Run.profile_id == Profile.id, Run.status.in_(OPEN))
    rows = await session.scalars(
        select(Profile.id)
        .where(
            Profile.listed,
            Profile.github_id.is_not(None),
            Profile.login.is_not(None),
            or_(Profile.due_at <= func.now(), last < func.now() - literal(stale_after)),
            ~open_run.exists(),
        )
        .order_by(last, Profile.number)
        .limit(room)
    )
    return list(rows)


async def record_day(session: AsyncSession) -> None:
    """Give every profile its numbers of today (UTC), unless it has them from a reading."""
    today = func.date(func.timezone("utc", func.now()))
    columns = [Profile.id, today, *(getattr(Profile, name) for name in FIGURES)]
    numbers = select(*columns).where(Profile.github_id.is_not(None))
    await session.execute(
        insert(ProfileStats)
        .from_select(["profile_id", "day", *FIGURES], numbers)
        .on_conflict_do_nothing()
    )
