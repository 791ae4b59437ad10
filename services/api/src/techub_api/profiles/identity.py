"""A profile is a GitHub id; logins come, go and are recycled."""

from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.profiles.keeping import OWNER
from techub_api.profiles.tables import LoginHistory, Ownership, Profile
from techub_api.runs.tables import Run

log = structlog.get_logger()


async def profile_for_login(session: AsyncSession, login: str) -> Profile:
    """Return the locked profile of a login, made as a stub when we do not have it."""
    while True:  # a row that lost the login, or went, between the two statements: look again
        made: Profile | None = await session.scalar(
            insert(Profile)
            .values(login=login.lower(), display_login=login)
            .on_conflict_do_nothing(index_elements=["login"])
            .returning(Profile)
        )
        found = made or await session.scalar(
            select(Profile).where(Profile.login == login.lower()).with_for_update()
        )
        if found is not None:
            return found


async def settle(session: AsyncSession, run: Run, github_id: int, login: str) -> Profile:
    """Return the locked profile that is this account, and make the run belong to it.

    Known under this row: go on. Known under another: run, ownership and login move there and the
    stub goes. This row is somebody else's: it loses the login, and a new row without owners is
    made. Who looks after a profile that turns out to be their own account owns it from then on.
    """
    here = await session.get_one(Profile, run.profile_id, with_for_update=True)
    there = await session.scalar(
        select(Profile).where(Profile.github_id == github_id).with_for_update()
    )
    if there is None and here.github_id is None:
        here.github_id = github_id
        there = here
        await _promote_owner(session, there)
    elif there is None:
        there = await _newcomer(session, github_id, login)
    await _take_login(session, there, login)
    if there.id != here.id:
        await _move_run(session, run, here, there)
    await session.flush()
    return there


async def _newcomer(session: AsyncSession, github_id: int, login: str) -> Profile:
    profile = Profile(github_id=github_id, display_login=login, languages=[])
    session.add(profile)
    await session.flush()
    return profile


async def _take_login(session: AsyncSession, profile: Profile, login: str) -> None:
    """Give the profile the login; whoever had it keeps it in the history only."""
    if profile.login == login.lower():
        profile.display_login = login
        return
    holder = await session.scalar(
        select(Profile).where(Profile.login == login.lower()).with_for_update()
    )
    if holder is not None:
        await _lose_login(session, holder)
    if profile.login is not None:
        await _lose_login(session, profile)
    profile.login = login.lower()
    profile.display_login = login
    await session.flush()


async def _lose_login(session: AsyncSession, profile: Profile) -> None:
    if profile.github_id is not None:
        session.add(LoginHistory(profile_id=profile.id, login=str(profile.login)))
    log.info("login_lost", profile_id=str(profile.id), lost=profile.login)
    profile.login = None
    await session.flush()


async def _move_run(session: AsyncSession, run: Run, stub: Profile, target: Profile) -> None:
    """Move the run; from a stub, the people who submitted it come along and the stub goes."""
    run.profile_id = target.id
    await session.flush()
    if stub.github_id is not None:
        return
    target.scrape_url = stub.scrape_url
    target.submitted_repositories = stub.submitted_repositories
    await _move_owners(session, stub.id, target)
    others = await session.scalar(select(Run.id).where(Run.profile_id == stub.id).limit(1))
    if others is not None:
        await session.execute(
            update(Run).where(Run.profile_id == stub.id).values(profile_id=target.id)
        )
    await session.delete(stub)
    await session.flush()


async def _move_owners(session: AsyncSession, source: UUID, target: Profile) -> None:
    """Have the stub's people look after the target, unless somebody does already."""
    looked_after = await session.scalar(
        select(Ownership.user_id).where(Ownership.profile_id == target.id).limit(1)
    )
    if looked_after is None:
        await session.execute(
            update(Ownership).where(Ownership.profile_id == source).values(profile_id=target.id)
        )
        await _promote_owner(session, target)
    else:
        await session.execute(delete(Ownership).where(Ownership.profile_id == source))


async def _promote_owner(session: AsyncSession, profile: Profile) -> None:
    """Make the person whose account the profile is its owner, if they look after it."""
    same = select(User.id).where(User.github_id == profile.github_id)
    await session.execute(
        update(Ownership)
        .where(Ownership.profile_id == profile.id, Ownership.user_id.in_(same))
        .values(role=OWNER)
        .execution_options(synchronize_session="fetch")
    )
