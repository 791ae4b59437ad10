"""The ledger takes what waits in one transaction: on a real JetStream and a real Postgres."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from nats.js import JetStreamContext
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select

from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import ledger
from techub_api.runs.tables import Entry
from techub_common.broker import Listener, Teller, TogetherHandler, listen_together, open_broker
from techub_common.database import transaction
from techub_common.delivery import Road, Taken
from techub_common.envelope import seal
from techub_common.events import CaptureRequested, Ended, Event, PipelineCompleted, StageRecorded
from techub_common.streams import DEAD, EVENTS, LEDGER
from tests.integration.api.conftest import run_row, start_run, told_events
from tests.integration.api.facts import captured, card, recorded

ACK_WAIT = 3.0


@pytest.fixture
def road(resources: Resources, js: JetStreamContext, nats_url: str) -> Resources:
    """Give the resources beside a real, empty stream."""
    del js
    return replace(resources, settings=resources.settings.model_copy(update={"nats_url": nats_url}))


@asynccontextmanager
async def hearing(resources: Resources, handler: TogetherHandler) -> AsyncIterator[Listener]:
    """Yield a replica of the ledger at work."""
    async with open_broker(resources.settings) as broker:
        listener = listen_together(
            broker,
            Teller(broker, "/services/api"),
            LEDGER,
            handler,
            slots=1,
            most=100,
            ack_wait=ACK_WAIT,
            road=Road(),
        )
        task = asyncio.create_task(listener.run())
        try:
            yield listener
        finally:
            await listener.stop(10)
            await asyncio.gather(task, return_exceptions=True)


async def waiting(js: JetStreamContext, *facts: Event) -> None:
    """Put the facts on the road."""
    for fact in facts:
        sealed = seal(fact, "/services/generator")
        await js.publish(fact.subject, sealed.body(), headers=sealed.headers())


async def settled(js: JetStreamContext) -> None:
    """Return once the ledger owes nothing."""
    async with asyncio.timeout(20):
        while True:
            info = await js.consumer_info(EVENTS, LEDGER.name)
            if not info.num_pending and not info.num_ack_pending:
                return
            await asyncio.sleep(0.02)


async def story(resources: Resources, login: str, github_id: int) -> tuple[UUID, list[Event]]:
    """Start a run and return everything that will be told of it."""
    run_id = await start_run(resources, login, person=f"keeper-of-{login}")
    facts: list[Event] = [await card(resources, run_id, login, github_id=github_id)]
    for kind in resources.variants:
        facts += [
            await captured(resources, run_id, kind),
            recorded(run_id, kind).model_copy(update={"login": login}),
        ]
    return run_id, facts


async def ended_once(resources: Resources, run_id: UUID) -> None:
    """Assert that the run is a success, told once, and that no step was written twice."""
    told = [event for event in await told_events(resources) if event.run_id == run_id]
    async with transaction(resources.sessions) as session:
        rows = await session.scalars(select(Entry).where(Entry.run_id == run_id))
        lines = [(row.kind, row.data.get("step"), row.data.get("status")) for row in rows]

    assert (await run_row(resources, run_id)).status == "success"
    assert [type(event) for event in told if isinstance(event, Ended)] == [PipelineCompleted]
    asked = [event.variant for event in told if isinstance(event, CaptureRequested)]
    assert asked == list(resources.variants)
    steps = Counter(line for line in lines if line[0] == "step")
    assert set(steps.values()) == {1}


async def test_what_waits_commits_together(road: Resources, js: JetStreamContext) -> None:
    """What waits of two whole runs is kept in one transaction, more of it each time."""
    first, facts = await story(road, "pip", 7)
    second, more = await story(road, "mia", 8)
    await waiting(js, *(fact for pair in zip(facts, more, strict=True) for fact in pair))
    commits: list[object] = []
    engine = road.sessions.kw["bind"].sync_engine
    sqlalchemy_event.listen(engine, "commit", commits.append)
    sizes: list[int] = []

    async def counted(taken: Sequence[Taken]) -> None:
        sizes.append(len(taken))
        await ledger(road)(taken)

    async with hearing(road, counted):
        await settled(js)
    together = len(commits)

    assert sizes == [1, 2, 4, 7]
    assert together == 6  # two looked whose owner has left, before the cards; one keeps each
    await ended_once(road, first)
    await ended_once(road, second)


async def test_one_poisoned_among_many(road: Resources, js: JetStreamContext) -> None:
    """What one message cannot do is a dead letter; the others are in effect, each once."""
    run_id, facts = await story(road, "pip", 7)
    stray = StageRecorded.model_validate(
        {"run_id": uuid4(), "login": "nobody", "stage": "notify", "status": "completed"}
        | {"started_at": "2026-01-01T00:00:00Z"}
    )
    await waiting(js, *facts[:2], stray, *facts[2:])
    async with hearing(road, ledger(road)):
        await settled(js)

    await ended_once(road, run_id)
    letter = await js.get_msg(DEAD, 1)
    assert (await js.stream_info(DEAD)).state.messages == 1
    assert (letter.headers or {})["Techub-Dead-Code"] == "unknown_run"


async def test_a_crash_between_commit_and_ack(road: Resources, js: JetStreamContext) -> None:
    """What was committed and never acknowledged comes back and changes nothing."""
    run_id, facts = await story(road, "pip", 7)
    await waiting(js, *facts)
    committed = asyncio.Event()
    kept = 0

    async def never_acknowledged(taken: Sequence[Taken]) -> None:
        nonlocal kept
        await ledger(road)(taken)
        kept += len(taken)
        if kept == len(facts):
            committed.set()
            await asyncio.Event().wait()

    async with hearing(road, never_acknowledged) as listener:
        await asyncio.wait_for(committed.wait(), 20)
        await ended_once(road, run_id)
        await listener.stop(0)
    async with hearing(road, ledger(road)):
        await settled(js)

    await ended_once(road, run_id)


async def test_a_stop_in_the_middle(road: Resources, js: JetStreamContext) -> None:
    """A stop whose grace is over rolls everything back and gives it back to the next."""
    run_id, facts = await story(road, "pip", 7)
    await waiting(js, *facts)
    begun = asyncio.Event()

    async def noticed(taken: Sequence[Taken]) -> None:
        begun.set()
        await ledger(road)(taken)

    async with transaction(road.sessions) as session:
        await session.execute(select(Profile).with_for_update())
        async with hearing(road, noticed) as listener:
            await asyncio.wait_for(begun.wait(), 20)
            await listener.stop(0)
    untouched = (await run_row(road, run_id)).status
    async with hearing(road, ledger(road)):
        await settled(js)

    assert untouched == "running"
    await ended_once(road, run_id)


async def test_two_replicas(road: Resources, js: JetStreamContext) -> None:
    """Two ledgers that share the facts of the same runs lose nothing and do nothing twice."""
    stories = [await story(road, f"pip-{number}", number) for number in range(1, 5)]
    async with hearing(road, ledger(road)), hearing(road, ledger(road)):
        for facts in zip(*(facts for _, facts in stories), strict=True):
            await waiting(js, *facts)
        await settled(js)

    for run_id, _ in stories:
        await ended_once(road, run_id)
