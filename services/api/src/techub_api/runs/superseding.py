"""When two runs want the same profile: which one goes on, decided under its lock."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Profile
from techub_api.runs.closing import SUPERSEDED, cancel
from techub_api.runs.locking import as_they_stand
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run
from techub_common.outbox import Outbox


async def open_run_of(session: AsyncSession, profile: Profile) -> Run | None:
    """Return the locked open run of a locked profile."""
    return await session.scalar(
        as_they_stand(select(Run).where(Run.profile_id == profile.id, Run.status.in_(OPEN)))
    )


async def make_room(session: AsyncSession, outbox: Outbox, run: Run, github_id: int) -> None:
    """Let one run go on when two open ones turn out to be of one account: the newer.

    It happens when somebody submits the new login of an account whose old login is under way.
    """
    profile = await session.scalar(
        select(Profile).where(Profile.github_id == github_id).with_for_update()
    )
    if profile is None or profile.id == run.profile_id:
        return
    other = await open_run_of(session, profile)
    if other is not None:
        older = min(run, other, key=lambda one: one.number)
        await cancel(session, outbox, older, by=run.trigger, reason=SUPERSEDED)
