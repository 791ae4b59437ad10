"""How a run is asked for: one open run per profile, and only by those who may."""

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.profiles.identity import profile_for_login
from techub_api.profiles.tables import Card, Ownership, Profile
from techub_api.runs.status import OPEN, Status
from techub_api.runs.story import clock, write_entry
from techub_api.runs.tables import Run
from techub_api.settings import Settings
from techub_common.errors import Permanent
from techub_common.events import (
    Known,
    Notify,
    Options,
    PipelineStarted,
    Policy,
    Submitted,
    Trigger,
)
from techub_common.logins import valid_login
from techub_common.outbox import Outbox

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that exists now, and whether this request made it."""

    run_id: UUID
    login: str
    created: bool


def policy_of(settings: Settings, notify: Notify) -> Policy:
    """Return the policy a run is submitted under."""
    return Policy(
        ai_text=settings.ai_text_enabled,
        artwork=settings.ai_images_enabled,
        descriptions=settings.ai_image_descriptions_enabled,
        require_eligibility=settings.require_profile_eligibility,
        eligibility_threshold=settings.eligibility_threshold,
        notify=notify,
    )


async def submit(
    session: AsyncSession,
    outbox: Outbox,
    settings: Settings,
    user: User,
    login: str,
    submitted: Submitted,
) -> Asked:
    """Start a run for the login on this person's word, or return the one that is open.

    The first submitter looks after the profile until its owner claims it. Raises Permanent
    `invalid_login`, `profile_claimed`, `ownership_cap`.
    """
    profile = await profile_for_login(session, valid_login(login))
    await _look_after(session, profile, user, settings.profile_ownership_cap)
    return await start(
        session,
        outbox,
        profile,
        trigger=Trigger.submit,
        policy=policy_of(settings, Notify.owners),
        submitted=submitted,
        requested_by=user.id,
    )


async def start(
    session: AsyncSession,
    outbox: Outbox,
    profile: Profile,
    *,
    trigger: Trigger,
    policy: Policy,
    submitted: Submitted | None = None,
    requested_by: UUID | None = None,
) -> Asked:
    """Start a run of a locked profile, or return the open one; row and event commit together."""
    open_run = await session.scalar(
        select(Run).where(Run.profile_id == profile.id, Run.status.in_(OPEN)).with_for_update()
    )
    if open_run is not None:
        return Asked(open_run.id, profile.display_login, created=False)
    known = await _known(session, profile)
    run = Run(
        profile_id=profile.id,
        login=profile.display_login,
        trigger=trigger,
        notify=policy.notify,
        status=Status.running,
        options=Options().model_dump(mode="json"),
        policy=policy.model_dump(mode="json"),
        submitted=(submitted or Submitted()).model_dump(mode="json"),
        requested_by=requested_by,
        started_at=await clock(session),
        artifacts={},
        degradations=[],
    )
    session.add(run)
    profile.status = Status.running
    await session.flush()
    await write_entry(session, run, "started", {"login": profile.display_login})
    await outbox.tell(
        session,
        PipelineStarted(
            run_id=run.id,
            login=profile.display_login,
            profile_id=profile.id,
            trigger=trigger,
            policy=policy,
            submitted=submitted or Submitted(),
            known=known,
        ),
    )
    log.info("pipeline_started", run_id=str(run.id), login=profile.display_login, trigger=trigger)
    return Asked(run.id, profile.display_login, created=True)


async def _known(session: AsyncSession, profile: Profile) -> Known:
    card = await session.get(Card, profile.id)
    return Known(github=profile.github_artifact, card=card.artifact if card else None)


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
        select(func.count()).select_from(Ownership).where(Ownership.user_id == user.id)
    )
    if (held or 0) >= cap:
        message = f"You look after {held} profiles already; {cap} is the most one person may."
        raise Permanent(message, code="ownership_cap")
