"""Locks in one order everywhere: profile, then run, then what hangs on it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from techub_api.profiles.tables import Profile
from techub_api.runs.tables import Run
from techub_common.errors import Permanent


async def lock_run(session: AsyncSession, run_id: UUID) -> Run:
    """Return the run with its profile and itself locked; raise Permanent `unknown_run`."""
    while True:  # a run that moved while its profile's lock was awaited: look again
        found = await lock_runs(session, (run_id,))
        if found:
            return found[run_id]
        if await session.scalar(select(Run.id).where(Run.id == run_id)) is None:
            message = f"there is no run {run_id}"
            raise Permanent(message, code="unknown_run")


async def lock_runs(session: AsyncSession, run_ids: Collection[UUID]) -> dict[UUID, Run]:
    """Return the runs with their profiles and themselves locked, and their steps and pictures.

    One that is unknown, or moved to another profile just now, is left out. A profile is locked
    before its runs, the profiles in the order of their ids.
    """
    asked = Run.id.in_(run_ids)
    profiles = (
        select(Profile.id)
        .where(Profile.id.in_(select(Run.profile_id).where(asked)))
        .order_by(Profile.id)
        .with_for_update()
        .cte("profiles_locked")
    )
    runs = select(Run).join(profiles, profiles.c.id == Run.profile_id).where(asked)
    found = await session.scalars(as_they_stand(runs))
    return {run.id: run for run in found}


def as_they_stand(runs: Select[Run]) -> Select[Run]:
    """Return the statement that locks these runs, then reads what hangs on them."""
    return (
        runs.with_for_update(of=Run)
        .options(selectinload(Run.steps), selectinload(Run.pictures))
        .execution_options(populate_existing=True)
    )
