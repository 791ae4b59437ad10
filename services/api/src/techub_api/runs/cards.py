"""What the ledger does when the generator has made a card, or could not."""

import hashlib

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles import identity
from techub_api.profiles.actions import has_a_card, keep_card, view_of
from techub_api.profiles.facts import Facts
from techub_api.profiles.storing import keep_facts
from techub_api.profiles.tables import Card, Profile
from techub_api.resources import Resources
from techub_api.runs.assets import degrade, go_on, owe
from techub_api.runs.closing import close
from techub_api.runs.rules import NOT_ELIGIBLE
from techub_api.runs.status import Status
from techub_api.runs.story import write_step
from techub_api.runs.superseding import make_room
from techub_api.runs.tables import Run
from techub_common.events import (
    AVATAR,
    AvatarState,
    CardFailed,
    CardGenerated,
    RunError,
)

log = structlog.get_logger()

NO_CARD = RunError(
    stage="generate_ai_profile",
    code="nothing_known",
    message="The run left the traits out, and there is no card from before.",
)


async def generated(
    session: AsyncSession,
    run: Run,
    event: CardGenerated,
    facts: Facts | None,
    resources: Resources,
) -> None:
    """Store profile and card, and owe one picture per variant."""
    profile = await _keep(session, run, event, facts, resources)
    if profile is None:
        return
    await keep_card(session, profile, event)
    if event.avatar is AvatarState.absent:
        profile.avatar_key = None
    await session.flush()
    pictures = run.options.get("screenshots") != "skip"
    if pictures or not run.options.get("recipe"):
        run.view_key = await _store_view(session, profile, resources, run)
        if run.view_key is None:
            await close(session, resources.outbox, run, Status.failure, NO_CARD)
            return
    has_a_card(session, run)
    degrade(run, *(part.model_dump() for part in event.degradations))
    for stage in event.degradations:
        await write_step(session, run, stage.stage, "degraded", message=stage.reason)
    if event.avatar is AvatarState.sent:
        owe(run, AVATAR)
    for kind in event.artworks:
        owe(run, kind)
    for variant in (run.options.get("variants") or resources.variants) if pictures else ():
        owe(run, variant)
        await write_step(session, run, f"capture:{variant}", "waiting")
    await go_on(session, run, resources)


async def failed(
    session: AsyncSession,
    run: Run,
    event: CardFailed,
    facts: Facts | None,
    resources: Resources,
) -> None:
    """Store what GitHub said and end the run: there is no card."""
    await _keep(session, run, event, facts, resources)
    if not Status(run.status).is_open:
        return
    await write_step(
        session,
        run,
        event.stage,
        "failed",
        message=event.message,
        code=event.code,
        detail=event.detail,
    )
    profile = await session.get_one(Profile, run.profile_id)
    profile.sync_error = f"{event.code}: {event.message}"
    step = run.steps.get(event.stage)
    error = RunError(
        stage=event.stage,
        code=event.code,
        message=event.message,
        detail=event.detail if event.code == NOT_ELIGIBLE else {},
        attempts=step.attempts if step else None,
    )
    await close(session, resources.outbox, run, Status.failure, error)


async def _keep(
    session: AsyncSession,
    run: Run,
    event: CardGenerated | CardFailed,
    facts: Facts | None,
    resources: Resources,
) -> Profile | None:
    """Keep what GitHub said with the account it is about; None without one, or for a late word.

    A run that has ended keeps its artifacts only: a retry goes on from them.
    """
    run.artifacts = {**run.artifacts, **event.artifacts}
    if not Status(run.status).is_open:
        log.info("card_late", outcome=run.status)
        return None
    if event.github_id is None:
        return None
    await make_room(session, resources.outbox, run, event.github_id)
    profile = await identity.settle(session, run, event.github_id, event.login)
    run.login = event.login
    if not Status(run.status).is_open:
        return None
    if not run.options.get("recipe"):
        profile.status = run.status
    if facts is not None:
        await keep_facts(session, profile, facts, run.options.get("preserve_fields", ()))
    return profile


async def _store_view(
    session: AsyncSession, profile: Profile, resources: Resources, run: Run
) -> str | None:
    view = await view_of(session, profile, resources.settings.app_host)
    if view is None:
        return None
    content = view.model_dump_json().encode()
    key = f"runs/{run.id}/view-{hashlib.sha256(content).hexdigest()[:12]}.json"
    await resources.objects.put(key, content, "application/json")
    card = await session.get_one(Card, profile.id)
    card.view_key = key
    return key
