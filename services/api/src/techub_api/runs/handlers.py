"""The ledger: hears what the other services tell and keeps the story straight."""

from dataclasses import dataclass
from typing import Annotated

import structlog
from faststream import Context
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.facts import GitHubFacts
from techub_api.resources import Resources
from techub_api.runs import assets, cards, notices
from techub_api.runs.locking import lock_run
from techub_api.runs.tables import Run
from techub_api.schema import INBOX
from techub_common import events
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.inbox import first_time

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was read or copied before the transaction."""

    facts: GitHubFacts | None = None
    as_captured: events.Rendition | None = None


async def keep_ledger(event: events.Event, resources: Annotated[Resources, Context()]) -> None:
    """Act on each fact once: the claim, the rows and what follows commit together."""
    prepared = await prepare(event, resources)
    async with transaction(resources.sessions) as session:
        if not await first_time(session, INBOX, "ledger", event):
            log.info("event_repeated")
            return
        run = await lock_run(session, event.run_id)
        await act(session, run, event, prepared, resources)


async def prepare(event: events.Event, resources: Resources) -> Prepared:
    """Do what must not happen inside a transaction: read an artifact, copy a picture."""
    match event:
        case events.CardGenerated() | events.CardFailed():
            return Prepared(facts=await cards.read_facts(resources, event))
        case events.AssetFailed(stage="optimize"):
            return Prepared(as_captured=await assets.publish_capture(resources, event))
        case _:
            return Prepared()


async def act(
    session: AsyncSession,
    run: Run,
    event: events.Event,
    prepared: Prepared,
    resources: Resources,
) -> None:
    """Bring the run's rows up to date with one fact."""
    match event:
        case events.StageRecorded():
            await notices.stage(session, run, event)
        case events.CardGenerated():
            await cards.generated(session, run, event, prepared.facts, resources)
        case events.CardFailed():
            await cards.failed(session, run, event, prepared.facts, resources)
        case events.AssetCaptured():
            await assets.captured(session, run, event)
        case events.AssetRecorded():
            await assets.recorded(session, run, event, resources)
        case events.AssetFailed():
            await assets.failed(session, run, event, prepared.as_captured, resources)
        case events.NotificationRecorded():
            await notices.notified(session, run, event)
        case _:
            message = f"the ledger does not hear {event.type}"
            raise Permanent(message, code="unknown_event")
