"""How a run is asked for: one open run per profile, and only by those who may."""

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.limits.allowances import dealing
from techub_api.policy.stamping import policy_of
from techub_api.profiles.identity import profile_for_login
from techub_api.profiles.tables import Ownership, Profile
from techub_api.runs.status import Status
from techub_api.settings import Settings
from techub_api.submissions.inputs import replace_inputs
from techub_api.submissions.rewriting import may_rewrite, rewrites
from techub_api.submissions.starting import Asked, Wanted, last_view, open_run
from techub_common.errors import Permanent
from techub_common.events import Notify, Options, Submitted, Trigger
from techub_common.logins import valid_login
from techub_common.outbox import Outbox


async def submit(
    session: AsyncSession,
    outbox: Outbox,
    settings: Settings,
    user: User,
    login: str,
    submitted: Submitted,
    options: Options | None = None,
) -> Asked:
    """Start a run for the login on this person's word, or return the one that is open.

    The first submitter looks after the profile until its owner claims it. Raises Permanent
    `invalid_login`, `profile_claimed`, `ownership_cap`, `too_many_requests`.
    """
    profile = await profile_for_login(session, valid_login(login))
    await _look_after(session, profile, user, settings.profile_ownership_cap)
    wanted = Wanted(
        trigger=Trigger.submit,
        policy=await policy_of(session, outbox, settings, Notify.owners),
        options=options or Options(),
        submitted=submitted,
        requested_by=user.id,
    )
    asked = await open_run(session, outbox, profile, wanted)
    if asked.created:
        await dealing(session, settings, profile.login)
        await replace_inputs(session, profile, submitted)
    return asked


async def rerun(
    session: AsyncSession,
    outbox: Outbox,
    settings: Settings,
    user: User,
    login: str,
    options: Options,
) -> Asked:
    """Start a run of a part, on the word of who looks after the profile; nobody is mailed.

    One that writes the card anew may be started once a week. Raises Permanent `invalid_login`,
    `profile_missing`, `profile_claimed`, `run_open`, `rewritten_lately`, `too_many_requests`.
    """
    profile = await session.scalar(
        select(Profile).where(Profile.login == valid_login(login).lower()).with_for_update()
    )
    if profile is None:
        message = f"Nobody has made a card for @{login} yet."
        raise Permanent(message, code="profile_missing")
    if await session.get(Ownership, (profile.id, user.id)) is None:
        message = f"Somebody else looks after @{profile.display_login}; only they may."
        raise Permanent(message, code="profile_claimed")
    writes = rewrites(options)
    if writes:
        await may_rewrite(session, profile)
    wanted = Wanted(
        trigger=Trigger.retry,
        policy=await policy_of(session, outbox, settings, Notify.none),
        options=options,
        requested_by=user.id,
        view_key=await last_view(session, profile, options),
    )
    asked = await open_run(session, outbox, profile, wanted)
    if asked.created:
        await dealing(session, settings, profile.login)
        if writes:
            profile.rewritten_run_id = asked.run_id
    return asked


async def _look_after(session: AsyncSession, profile: Profile, user: User, cap: int) -> None:
    rightful = user.github_id is not None and user.github_id == profile.github_id
    keepers = (
        await session.scalars(select(Ownership).where(Ownership.profile_id == profile.id))
    ).all()
    if any(keeper.user_id == user.id for keeper in keepers):
        return
    if any(keeper.role == "owner" for keeper in keepers) and not rightful:
        message = f"@{profile.display_login} belongs to somebody who signed in; only they may."
        raise Permanent(message, code="profile_claimed")
    if keepers and not rightful:
        return
    if not rightful:
        await _within_cap(session, user, cap)
    await session.execute(
        insert(Ownership)
        .values(profile_id=profile.id, user_id=user.id, role="owner" if rightful else "steward")
        .on_conflict_do_nothing()
    )


async def _within_cap(session: AsyncSession, user: User, cap: int) -> None:
    await session.execute(select(User.id).where(User.id == user.id).with_for_update())
    held = await session.scalar(
        select(func.count())
        .select_from(Ownership)
        .join(Profile, Profile.id == Ownership.profile_id)
        .where(Ownership.user_id == user.id)
        .where(or_(Profile.github_id.is_not(None), Profile.status == Status.running))
    )
    if (held or 0) >= cap:
        message = f"You look after {held} profiles already; {cap} is the most one person may."
        raise Permanent(message, code="ownership_cap")
