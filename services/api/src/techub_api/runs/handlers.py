"""The ledger: hears what the other services tell and keeps the story straight."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.objects.forgetting import forgotten_runs
from techub_api.profiles.facts import Facts, read_facts
from techub_api.resources import Resources
from techub_api.runs import assets, cards, notices
from techub_api.runs.locking import lock_run, lock_runs
from techub_api.runs.story import it_is
from techub_api.runs.tables import Run
from techub_api.schema import INBOX
from techub_api.spending.summing import spend
from techub_common import events
from techub_common.broker import TogetherHandler
from techub_common.database import transaction
from techub_common.delivery import Taken
from techub_common.errors import Permanent
from techub_common.inbox import first_times
from techub_common.streams import LEDGER

log = structlog.get_logger()


NEED_READING: Final = (events.CardGenerated, events.CardFailed, events.AssetFailed)


@dataclass(frozen=True, slots=True)
class Fact:
    """An event, and what makes it the cause of whatever is told and logged about it."""

    event: events.Event
    named: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was read or copied before the transaction."""

    facts: Facts | None = None
    as_captured: events.Rendition | None = None


def ledger(resources: Resources) -> TogetherHandler:
    """Return the handler of what waits for the ledger: all of it in one transaction, or none."""

    async def keep(taken: Sequence[Taken]) -> None:
        facts = [Fact(one.envelope.event, one.named) for one in taken]
        await _keep(facts, resources)

    return keep


async def keep_ledger(event: events.Event, resources: Resources) -> None:
    """Act on a fact once: the claim, the rows and what follows commit together."""
    await _keep([Fact(event)], resources)


async def _keep(facts: Sequence[Fact], resources: Resources) -> None:
    read = await _still_wanted(
        [fact for fact in facts if isinstance(fact.event, NEED_READING)], resources
    )
    prepared = dict(
        zip(
            (fact.event.id for fact in read),
            await asyncio.gather(*(_prepare(fact, resources) for fact in read)),
            strict=True,
        )
    )
    async with transaction(resources.sessions) as session:
        asked = {fact.event.run_id for fact in facts}
        runs = await lock_runs(session, asked)
        gone = await forgotten_runs(session, asked - runs.keys())
        ids = {fact.event.id for fact in facts}
        new = await first_times(session, INBOX, LEDGER.name, ids)
        for fact in facts:
            event = fact.event
            with fact.named():
                now = new.pop(event.id, None)
                if now is None:
                    log.info("event_repeated")
                    continue
                if event.run_id in gone:
                    log.info("run_forgotten")
                    if isinstance(event, events.CardGenerated | events.CardFailed):
                        await spend(session, event.calls)  # what was paid stays paid
                    continue
                it_is(session, now)
                run = runs.get(event.run_id) or await lock_run(session, event.run_id)
                await act(session, run, event, prepared.get(event.id, Prepared()), resources)


async def _still_wanted(read: list[Fact], resources: Resources) -> list[Fact]:
    """Return those whose run's owner has not left: nothing of theirs is read or published."""
    if not read:
        return []
    async with transaction(resources.sessions) as session:
        gone = await forgotten_runs(session, {fact.event.run_id for fact in read})
    return [fact for fact in read if fact.event.run_id not in gone]


async def _prepare(fact: Fact, resources: Resources) -> Prepared:
    with fact.named():
        return await prepare(fact.event, resources)


async def prepare(event: events.Event, resources: Resources) -> Prepared:
    """Do what must not happen inside a transaction: read an artifact, copy a picture."""
    match event:
        case events.CardGenerated() | events.CardFailed():
            return Prepared(facts=await read_facts(resources.objects, event.artifacts))
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
            await spend(session, event.calls)
            await cards.generated(session, run, event, prepared.facts, resources)
        case events.CardFailed():
            await spend(session, event.calls)
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
