"""The sweep on a real Postgres and a real JetStream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from sqlalchemy import func, select, update

from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_api.schema import OUTBOX
from techub_api.sweep.advisories import MAX_DELIVERIES, Advisories
from techub_api.sweep.sweeping import ADVISORY_LOCK, Sweep
from techub_common.broker import Teller, open_broker
from techub_common.database import transaction
from techub_common.events import Ended, PipelineFailed, PipelinePartial
from techub_common.outbox import Relay
from techub_common.streams import (
    DEAD,
    EVENTS,
    GENERATOR,
    MAX_DELIVER,
    OPTIMIZER,
    SCREENSHOTTER,
    Consumer,
    consumer_config,
)
from techub_common.tasks import end
from tests.integration.api.conftest import published, run_row, start_run, told_events
from tests.integration.api.facts import captured, card, recorded


@pytest.fixture
async def road(
    resources: Resources, js: JetStreamContext, nats_url: str
) -> AsyncIterator[Resources]:
    """Give the resources with a teller on a real, empty stream."""
    await js.stream_info(EVENTS)
    settings = resources.settings.model_copy(update={"nats_url": nats_url})
    async with open_broker(settings) as broker:
        yield replace(resources, tell=Teller(broker, "/services/api"), settings=settings)


@dataclass
class Clock:
    """A steady clock that stands still until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the seconds it shows."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock of the test's own."""
    return Clock()


async def relayed(resources: Resources) -> None:
    """Publish everything in the outbox."""
    relay = Relay(resources.outbox, resources.sessions, resources.tell)
    while await relay.relay_once():
        pass


async def settle(js: JetStreamContext, consumer: str) -> list[str]:
    """Acknowledge everything a consumer has, as a service would that then lost its effect."""
    subscription = await js.pull_subscribe_bind(consumer, EVENTS)
    heard = []
    while (await js.consumer_info(EVENTS, consumer)).num_pending:
        for message in await subscription.fetch(10, timeout=1):
            heard.append((message.headers or {})["Nats-Msg-Id"].split(":")[1])
            await message.ack_sync()
    await subscription.unsubscribe()
    return heard


async def tells(resources: Resources, run_id: UUID) -> list[tuple[str, int]]:
    """Return subject and tell of everything written about a run."""
    async with transaction(resources.sessions) as session:
        rows = await session.execute(
            select(OUTBOX.c.subject, OUTBOX.c.tell)
            .where(OUTBOX.c.run_id == run_id)
            .order_by(OUTBOX.c.id)
        )
        return [(row[0], row[1]) for row in rows]


async def age(resources: Resources, run_id: UUID, seconds: float) -> None:
    """Make a run's last progress lie that long ago."""
    async with transaction(resources.sessions) as session:
        await session.execute(
            update(Run)
            .where(Run.id == run_id)
            .values(last_progress_at=func.now() - timedelta(seconds=seconds))
        )


async def test_waiting_is_left_alone(road: Resources, js: JetStreamContext, clock: Clock) -> None:
    """A backlog is no loss: what its consumer has not settled is never told again."""
    run_id = await start_run(road, "pip")
    await relayed(road)
    sweep = Sweep(road, js, clock)
    for _ in range(5):
        await sweep.pass_once()
        clock.now += 1000

    assert await tells(road, run_id) == [("pipeline.started", 0)]


async def test_lost_is_told_again(road: Resources, js: JetStreamContext, clock: Clock) -> None:
    """An acknowledged fact without an effect is told again, past the dedupe window."""
    run_id = await start_run(road, "pip")
    await relayed(road)
    assert await settle(js, GENERATOR.name) == ["0"]
    sweep = Sweep(road, js, clock)
    await sweep.pass_once()
    clock.now += 31
    await sweep.pass_once()
    await relayed(road)

    assert await tells(road, run_id) == [("pipeline.started", 0), ("pipeline.started", 1)]
    assert await settle(js, GENERATOR.name) == ["1"]


async def test_a_lost_picture_alone_is_asked_for_again(
    road: Resources, js: JetStreamContext, clock: Clock
) -> None:
    """Only the picture that is still owed is asked for again."""
    run_id = await start_run(road, "pip")
    await keep_ledger(await card(road, run_id), road)
    await keep_ledger(recorded(run_id, road.variants[0]), road)
    await relayed(road)
    for consumer in (GENERATOR.name, SCREENSHOTTER.name):
        await settle(js, consumer)
    sweep = Sweep(road, js, clock)
    await sweep.pass_once()
    clock.now += 31
    await sweep.pass_once()

    again = [told for told in await tells(road, run_id) if told[1] == 1]
    assert again == [("capture.requested", 1)] * (len(road.variants) - 1)


async def test_a_wiped_store_is_healed_and_told_again_at_once(
    road: Resources, js: JetStreamContext, clock: Clock
) -> None:
    """Streams and consumers come back, and what the stream held is told without waiting."""
    run_id = await start_run(road, "pip")
    await relayed(road)
    for stream in (EVENTS, DEAD, "ADVISORIES"):
        await js.delete_stream(stream)
    sweep = Sweep(road, js, clock)
    await sweep.pass_once()
    await relayed(road)

    assert await tells(road, run_id) == [("pipeline.started", 0), ("pipeline.started", 1)]
    assert await settle(js, GENERATOR.name) == ["1"]


async def test_a_missing_consumer_is_created_again(
    road: Resources, js: JetStreamContext, clock: Clock
) -> None:
    """A consumer somebody deleted comes back and has what it had not settled; the rest stays."""
    run_id = await start_run(road, "pip")
    await relayed(road)
    before = (await js.consumer_info(EVENTS, SCREENSHOTTER.name)).created
    await js.delete_consumer(EVENTS, GENERATOR.name)
    await Sweep(road, js, clock).pass_once()

    assert await settle(js, GENERATOR.name) == ["0"]
    assert (await js.consumer_info(EVENTS, SCREENSHOTTER.name)).created == before
    assert await tells(road, run_id) == [("pipeline.started", 0)]


async def test_an_end_nobody_was_told_of(
    road: Resources, js: JetStreamContext, clock: Clock
) -> None:
    """The end of a run is told again until the notifier has said who was told."""
    run_id = await start_run(road, "pip")
    await keep_ledger(await card(road, run_id), road)
    for kind in road.variants:
        await keep_ledger(recorded(run_id, kind), road)
    await relayed(road)
    await settle(js, "notifier")
    sweep = Sweep(road, js, clock)
    await sweep.pass_once()
    clock.now += 31
    await sweep.pass_once()

    assert ("pipeline.completed", 1) in await tells(road, run_id)


@pytest.mark.parametrize("pictures", [0, 1])
async def test_deadline(road: Resources, js: JetStreamContext, clock: Clock, pictures: int) -> None:
    """A run without progress is ended: partial with a picture, else a failure."""
    run_id = await start_run(road, "pip")
    await keep_ledger(await card(road, run_id), road)
    for kind in road.variants[:pictures]:
        await keep_ledger(recorded(run_id, kind), road)
    await relayed(road)
    for consumer in (GENERATOR.name, SCREENSHOTTER.name):
        await settle(js, consumer)
    sweep = Sweep(road, js, clock)
    await sweep.pass_once()
    assert (await run_row(road, run_id)).status == "running"
    await age(road, run_id, 601)
    await sweep.pass_once()

    [ending] = [event for event in await told_events(road) if isinstance(event, Ended)]
    assert isinstance(ending, PipelinePartial if pictures else PipelineFailed)


async def test_waiting_is_not_counted(road: Resources, js: JetStreamContext, clock: Clock) -> None:
    """However old a run is, as long as its request waits in a queue it is not ended."""
    run_id = await start_run(road, "pip")
    await relayed(road)
    await age(road, run_id, 5000)
    sweep = Sweep(road, js, clock)
    for _ in range(3):
        await sweep.pass_once()
        clock.now += 500

    assert (await run_row(road, run_id)).status == "running"


async def test_one_replica_at_a_time(road: Resources, js: JetStreamContext, clock: Clock) -> None:
    """While another replica sweeps, a pass does nothing."""
    run_id = await start_run(road, "pip")
    await relayed(road)
    await js.delete_stream(EVENTS)
    async with transaction(road.sessions) as session:
        await session.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        await Sweep(road, js, clock).pass_once()

    assert await tells(road, run_id) == [("pipeline.started", 0)]


async def test_a_consumer_that_kept_dying(road: Resources, js: JetStreamContext) -> None:
    """The server's advisory becomes a dead letter and a failed run."""
    run_id = await start_run(road, "pip")
    await relayed(road)
    advisory = {
        "type": MAX_DELIVERIES,
        "stream": EVENTS,
        "consumer": GENERATOR.name,
        "stream_seq": 1,
        "deliveries": 10,
    }
    settled: list[str] = []

    async def ack() -> None:
        settled.append("ack")

    message = SimpleNamespace(data=json.dumps(advisory).encode(), ack=ack)
    await Advisories(road, js).settle(message)  # type: ignore[arg-type]

    letter = await js.get_last_msg(DEAD, "dead.generator")
    assert (letter.headers or {})["Techub-Dead-Code"] == "consumer_died"
    row = await run_row(road, run_id)
    assert row.status == "failure"
    assert row.error is not None
    assert row.error["code"] == "consumer_died"
    assert settled == ["ack"]


@pytest.mark.parametrize("consumer", [SCREENSHOTTER, OPTIMIZER], ids=lambda one: one.name)
async def test_dying_for_good_on_one_picture(
    road: Resources, js: JetStreamContext, consumer: Consumer
) -> None:
    """A worker that dies ten times over one picture costs that picture at most; the run ends.

    A screenshotter in an out-of-memory loop loses it; after an optimizer the capture is published
    as it is.
    """
    doomed, *others = road.variants
    run_id = await start_run(road, "pip")
    await keep_ledger(await card(road, run_id), road)
    await relayed(road)
    if consumer is OPTIMIZER:
        fact = await captured(road, run_id, doomed)
        await road.tell(fact)
        await keep_ledger(fact, road)
    for kind in others:
        await keep_ledger(recorded(run_id, kind), road)
    await js.add_consumer(EVENTS, consumer_config(consumer, ack_wait=0.1))
    await die_over(js, consumer, doomed)

    hearing = asyncio.create_task(Advisories(road, js).run())
    try:
        async with asyncio.timeout(20):
            while (await run_row(road, run_id)).status == "running":
                await asyncio.sleep(0.02)
    finally:
        await end([hearing])

    letter = await js.get_last_msg(DEAD, f"dead.{consumer.name}")
    assert (letter.headers or {})["Techub-Dead-Code"] == "consumer_died"
    assert (letter.headers or {})["Techub-Dead-Attempts"] == "10"
    [ending] = [event for event in await told_events(road) if isinstance(event, Ended)]
    assert isinstance(ending, PipelinePartial)
    public = f"generated/pip/{doomed}-0123456789ab.png"
    assert await road.objects.exists(public) is (consumer is OPTIMIZER)


async def die_over(js: JetStreamContext, consumer: Consumer, doomed: str) -> None:
    """Take messages as a worker that settles all of them but one, over which it dies each time.

    It asks once more than it gets: only then does the server see that it has delivered enough.
    """
    subscription = await js.pull_subscribe_bind(consumer.name, EVENTS)
    deaths = 0
    with suppress(NatsTimeoutError):
        while True:
            [message] = await subscription.fetch(1, timeout=2)
            if f'"{doomed}"'.encode() in message.data:
                deaths = message.metadata.num_delivered
            else:
                await message.ack_sync()
    await subscription.unsubscribe()
    assert deaths == MAX_DELIVER


async def test_an_old_runs_picture_after_the_deadline(
    road: Resources, js: JetStreamContext, clock: Clock
) -> None:
    """What a run ended by its deadline still brings is kept, and replaces nothing newer."""
    old = await start_run(road, "pip")
    await keep_ledger(await card(road, old), road)
    await relayed(road)
    for consumer in (GENERATOR.name, SCREENSHOTTER.name):
        await settle(js, consumer)
    sweep = Sweep(road, js, clock)
    await sweep.pass_once()
    await age(road, old, 601)
    await sweep.pass_once()
    assert (await run_row(road, old)).status == "failure"
    first, *others = road.variants
    await keep_ledger(recorded(old, first, "cccccccccccc"), road)
    assert await published(road) == {first: old}
    new = await start_run(road, "pip")
    await keep_ledger(await card(road, new), road)
    for kind in (first, *others):
        await keep_ledger(recorded(new, kind), road)
        await keep_ledger(recorded(old, kind, "cccccccccccc"), road)

    assert await published(road) == dict.fromkeys(road.variants, new)
    assert (await run_row(road, old)).status == "failure"
    ended = [event.run_id for event in await told_events(road) if isinstance(event, Ended)]
    assert ended == [old, new]
