"""Locks in one order everywhere: profile, then run, then what hangs on it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Profile
from techub_api.runs.tables import Run
from techub_common.errors import Permanent


async def lock_run(session: AsyncSession, run_id: UUID) -> Run:
    """Return the run with its profile and itself locked; raise Permanent `unknown_run`."""
    while True:
        profile_id = await session.scalar(select(Run.profile_id).where(Run.id == run_id))
        if profile_id is None:
            message = f"there is no run {run_id}"
            raise Permanent(message, code="unknown_run")
        turn = await session.begin_nested()
        await session.execute(select(Profile.id).where(Profile.id == profile_id).with_for_update())
        run = await session.scalar(
            select(Run)
            .where(Run.id == run_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if run is not None and run.profile_id == profile_id:
            return run
        await turn.rollback()  # the run has moved: let go of both before the next turn
