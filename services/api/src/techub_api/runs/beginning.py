"""Lets a run begin: at GitHub, or at its pictures when it has a card view to take them of."""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.actions import has_a_card
from techub_api.profiles.tables import Card, Profile
from techub_api.runs.assets import owe, request
from techub_api.runs.closing import close_if_over
from techub_api.runs.status import Status
from techub_api.runs.story import clock, write_entry, write_step
from techub_api.runs.tables import Run
from techub_common.events import (
    Known,
    Options,
    PipelineStarted,
    Policy,
    Submitted,
    Trigger,
)
from techub_common.outbox import Outbox

log = structlog.get_logger()


async def begin(session: AsyncSession, outbox: Outbox, run: Run, profile: Profile) -> None:
    """Make a new or queued run of a locked profile run, and tell who is to work on it first.

    A run whose pictures are all kept, because nothing on them has changed, is over at once.
    """
    options = Options.model_validate(run.options)
    run.status = Status.running
    if options.recipe is None:
        profile.status = Status.running
    run.started_at = run.last_progress_at = await clock(session)
    await session.flush()
    write_entry(session, run, "started", {"login": profile.display_login})
    if run.view_key is None:
        outbox.tell(session, await _started(session, run, profile, options))
    else:
        await _draw(session, outbox, run, run.view_key, options.variants or ())
    log.info(
        "pipeline_started",
        run_id=str(run.id),
        login=profile.display_login,
        trigger=run.trigger,
        recipe=options.recipe,
    )
    if run.card_ready:
        await session.flush()
        await close_if_over(session, outbox, run)


async def _started(
    session: AsyncSession, run: Run, profile: Profile, options: Options
) -> PipelineStarted:
    card = await session.get(Card, profile.id)
    return PipelineStarted(
        run_id=run.id,
        login=profile.display_login,
        profile_id=profile.id,
        trigger=Trigger(run.trigger),
        options=options,
        policy=Policy.model_validate(run.policy),
        submitted=Submitted.model_validate(run.submitted),
        known=Known(
            github=profile.github_artifact,
            card=card.artifact if card else None,
            avatar=profile.avatar_key,
        ),
    )


async def _draw(
    session: AsyncSession, outbox: Outbox, run: Run, view_key: str, variants: tuple[str, ...]
) -> None:
    has_a_card(session, run)
    for variant in variants:
        owe(run, variant)
        await write_step(session, run, f"capture:{variant}", "waiting")
    await request(session, outbox, run, view_key, variants)
