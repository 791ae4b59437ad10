"""A profile's artwork is drawn when its owner asks for it, once a week; runs claim their turn.

Whoever holds the claim draws and publishes. One conditional statement decides, whoever else asks
meanwhile; a run that came to nothing gives its week back.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Profile
from techub_api.runs.tables import Run
from techub_common.events import ARTWORKS, SUITE, Options, Policy

log = structlog.get_logger()

EVERY: Final = timedelta(days=7)
AVATAR_SUITE: Final = "avatar_suite"
DRAWINGS: Final = tuple(f"draw_{kind}" for kind in ARTWORKS)


def draws(options: Options) -> bool:
    """Return whether a run with these options would draw anything, were it allowed to."""
    chosen = options.only_stages or DRAWINGS
    wanted = {f"draw_{kind}" for kind in options.artworks or SUITE}
    return options.ai_mode == "real" and any(
        stage in chosen and stage not in options.skip_stages for stage in wanted
    )


async def narrowed(
    session: AsyncSession,
    profile: Profile,
    policy: Policy,
    options: Options,
    run_id: UUID,
    *,
    parent: UUID | None = None,
    unasked: bool = False,
) -> Policy:
    """Return the policy of a run of this profile, with artwork only where the run may draw it.

    `unasked`, on an operator's word, neither owner nor week is asked. A run that repeats a part of
    its `parent` goes on in the parent's week. What is withheld says why, to an owner who asks for
    artwork.
    """
    if not policy.artwork:
        shown = policy.artwork_withheld if profile.artwork_wanted and draws(options) else None
        return policy.model_copy(update={"artwork_withheld": shown})
    nothing = policy.model_copy(update={"artwork": False})
    if not draws(options):
        return nothing
    if await claim(session, profile.id, run_id, parent=parent, unasked=unasked):
        return policy
    await session.refresh(profile, ["artwork_wanted", "artwork_at"])
    again = next_turn(profile)
    if not profile.artwork_wanted or again is None:
        return nothing
    reason = f"Artwork is drawn once a week; again from {again:%d %B at %H:%M} UTC."
    log.info("artwork_withheld", run_id=str(run_id), login=profile.display_login, reason=reason)
    return nothing.model_copy(update={"artwork_withheld": reason})


async def claim(
    session: AsyncSession,
    profile_id: UUID,
    run_id: UUID,
    *,
    parent: UUID | None = None,
    unasked: bool = False,
) -> bool:
    """Give the run the profile's artwork of this week and return True, or change nothing.

    A week that runs already, a parent's or one an operator does not ask, is not begun anew.
    """
    free = or_(Profile.artwork_at.is_(None), Profile.artwork_at <= func.now() - literal(EVERY))
    since = case((free, func.now()), else_=Profile.artwork_at)
    may: ColumnElement[bool] = and_(Profile.artwork_wanted, free)
    if parent is not None:
        may = or_(Profile.artwork_run_id == parent, may)
    claimed = await session.execute(
        update(Profile)
        .where(Profile.id == profile_id, true() if unasked else may)
        .values(artwork_run_id=run_id, artwork_at=since)
        .returning(Profile.id)
        .execution_options(synchronize_session=False)
    )
    return claimed.first() is not None


async def give_back(session: AsyncSession, run: Run) -> None:
    """Free the week a run began that is over and drew nothing; a parent's week is its again."""
    if not run.policy.get("artwork") or any(run.pictures.get(kind) for kind in ARTWORKS):
        return
    began = Profile.artwork_at == run.created_at  # both are the clock of the run's transaction
    await session.execute(
        update(Profile)
        .where(Profile.artwork_run_id == run.id)
        .values(
            artwork_run_id=run.parent_run_id,
            artwork_at=case((began, null()), else_=Profile.artwork_at),
        )
        .execution_options(synchronize_session=False)
    )


def next_turn(profile: Profile) -> datetime | None:
    """Return from when artwork of the profile may be drawn again; None when it may be now."""
    if profile.artwork_at is None:
        return None
    moment = profile.artwork_at + EVERY
    return moment if moment > datetime.now(UTC) else None
