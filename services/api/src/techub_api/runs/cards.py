"""What the ledger does when the generator has made a card, or could not."""

import hashlib
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles import identity
from techub_api.profiles.actions import keep_card, keep_facts, view_of
from techub_api.profiles.facts import GitHubFacts
from techub_api.profiles.tables import Card, Profile
from techub_api.resources import Resources
from techub_api.runs.assets import degrade, go_on, owe
from techub_api.runs.closing import close
from techub_api.runs.status import Status
from techub_api.runs.story import write_step
from techub_api.runs.tables import Run
from techub_common.errors import Permanent
from techub_common.events import (
    AVATAR,
    AvatarState,
    CardFailed,
    CardGenerated,
    RunError,
)

log = structlog.get_logger()

GITHUB_STAGE = "pull_github_data"


async def read_facts(resources: Resources, event: CardGenerated | CardFailed) -> GitHubFacts | None:
    """Return what GitHub said, from the run's artifact; None when it was never read."""
    key = event.artifacts.get(GITHUB_STAGE)
    if key is None:
        return None
    try:
        return GitHubFacts.model_validate_json(await resources.objects.get(key))
    except ValidationError as error:
        message = f"the artifact {key} is not what the ledger understands: {error}"
        raise Permanent(message, code="artifact_unreadable") from error


async def generated(
    session: AsyncSession,
    run: Run,
    event: CardGenerated,
    facts: GitHubFacts | None,
    resources: Resources,
) -> None:
    """Store profile and card, and owe one picture per variant."""
    if not Status(run.status).is_open:
        log.info("card_late", outcome=run.status)
        return
    profile = await _keep(session, run, event.github_id, event.login, event.artifacts, facts)
    await keep_card(session, profile, event)
    if event.avatar is AvatarState.absent:
        profile.avatar_key = None
    await session.flush()
    run.view_key = await _store_view(session, profile, resources, run)
    run.card_ready = True
    degrade(run, *(part.model_dump() for part in event.degradations))
    for stage in event.degradations:
        await write_step(session, run, stage.stage, "degraded", message=stage.reason)
    if event.avatar is AvatarState.sent:
        await owe(session, run, AVATAR)
    for variant in run.options.get("variants") or resources.variants:
        await owe(session, run, variant)
        await write_step(session, run, f"capture:{variant}", "waiting")
    await go_on(session, run, resources)


async def failed(
    session: AsyncSession,
    run: Run,
    event: CardFailed,
    facts: GitHubFacts | None,
    resources: Resources,
) -> None:
    """Store what GitHub said and end the run: there is no card."""
    if not Status(run.status).is_open:
        return
    if event.github_id is not None:
        await _keep(session, run, event.github_id, event.login, event.artifacts, facts)
    await write_step(
        session,
        run,
        event.stage,
        "failed",
        message=event.message,
        code=event.code,
        detail=event.detail,
    )
    error = RunError(stage=event.stage, code=event.code, message=event.message)
    await close(session, resources.outbox, run, Status.failure, error)


async def _keep(  # who, what and where from
    session: AsyncSession,
    run: Run,
    github_id: int,
    login: str,
    artifacts: dict[str, Any],
    facts: GitHubFacts | None,
) -> Profile:
    profile = await identity.settle(session, run, github_id, login)
    run.login = login
    run.artifacts = {**run.artifacts, **artifacts}
    if facts is not None:
        keep_facts(profile, facts, artifacts[GITHUB_STAGE])
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
