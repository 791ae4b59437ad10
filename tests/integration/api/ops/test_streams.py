"""Queues and the live tail over a real stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
from httpx import AsyncClient
from nats.js import JetStreamContext

from techub_api.ops.following import Follower
from techub_api.ops.soundings import Sounding, Soundings, StreamNow
from techub_api.ops.tail import Wanted, _told
from techub_api.resources import Resources
from techub_common.broker import open_broker
from techub_common.envelope import seal
from techub_common.events import CaptureRequested, PipelineStarted
from techub_common.streams import EVENTS, declare
from techub_common.working import report, workers_of
from techub_devstack.servers.nats import nats_server
from tests.integration.api.conftest import start_run
from tests.integration.api.test_sweep import relayed

MANY = 700


async def told(js: JetStreamContext, number: int, **more: Any) -> None:
    """Have the api ask for a picture, `number` telling it apart."""
    event = CaptureRequested(
        run_id=more.get("run_id", uuid4()), login=f"pip-{number}", variant="og", view_key="k"
    )
    envelope = seal(event, "/services/api")
    await js.publish(event.subject, envelope.body(), headers=envelope.headers())


async def shown(story: AsyncIterator[str], count: int) -> list[dict[str, Any]]:
    """Return so many events of the page's stream."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        async for message in story:
            for line in message.splitlines():
                if line.startswith("data: "):
                    found += json.loads(line.removeprefix("data: "))
            if len(found) >= count:
                break
    return found


async def test_every_event_once(js: JetStreamContext, place: Resources) -> None:
    """History first, then what comes: nothing is missing, nothing twice, whatever the rate."""
    for number in range(MANY):
        await told(js, number)
    follower = Follower(place.tell.connection)
    await follower.start(after=0)
    story = _told(follower, Wanted())
    history = await shown(story, MANY)
    await asyncio.gather(*(told(js, number) for number in range(MANY, 2 * MANY)))
    await story.aclose()  # the browser goes away and comes back with what it saw last
    again = Follower(place.tell.connection)
    await again.start(after=history[-1]["sequence"])
    rest = await shown(_told(again, Wanted()), MANY)

    assert [one["sequence"] for one in history + rest] == [*range(1, 2 * MANY + 1)]
    assert {one["service"] for one in history} == {"api"}


async def test_filters(js: JetStreamContext, place: Resources) -> None:
    """Each filter lets its events through and no others; words may stand in any field."""
    run_id = uuid4()
    await told(js, 1)
    await told(js, 2, run_id=run_id)
    await js.publish("pipeline.started", b"not an event at all")
    for wanted, logins in (
        (Wanted(), ["pip-1", "pip-2", ""]),
        (Wanted(login="PIP-2"), ["pip-2"]),
        (Wanted(run=str(run_id)[:8]), ["pip-2"]),
        (Wanted(service="api"), ["pip-1", "pip-2"]),
        (Wanted(subject="pipeline.started"), [""]),
        (Wanted(words='"LOGIN":"pip-1'), ["pip-1"]),
    ):
        follower = Follower(place.tell.connection)
        await follower.start(after=0)
        found = await shown(_told(follower, wanted), len(logins))
        assert [one["login"] for one in found] == logins, wanted


async def test_over_a_restart_of_the_broker(resources: Resources, tmp_path: Path) -> None:
    """The broker is killed and comes back: the same place, no gap, no repeat."""
    async with nats_server(tmp_path) as server:
        settings = resources.settings.model_copy(update={"nats_url": server.url})
        client = await nats.connect(server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.05)
        js = client.jetstream()
        await declare(js, ack_wait=5)
        async with open_broker(settings) as broker:
            follower = Follower(broker.connection)
            await follower.start()
            story = _told(follower, Wanted())
            for number in range(20):
                await told(js, number)
            before = await shown(story, 20)
            following = asyncio.create_task(shown(_told(follower, Wanted()), 20))
            await server.kill()
            await server.start()
            async with asyncio.timeout(30):
                while not client.is_connected:
                    await asyncio.sleep(0.05)
            for number in range(20):
                await told(js, number)
            after = await following
        await client.close()

    assert [one["sequence"] for one in before + after] == [*range(1, 41)]


async def test_the_pages(place: Resources, operator: AsyncClient) -> None:
    """What waits, how old it is, and who is at work are on the page; the tail has its filters."""
    await start_run(place, "pip")
    await relayed(place)
    await report(place.tell.connection, "screenshotter", [])
    queues = (await operator.get("/ops/queues")).text
    events = (await operator.get("/ops/events", params={"login": "pip", "since": "1h"})).text

    assert '<span class="service generator">generator</span>' in queues
    assert '<td class="mono">EVENTS</td>' in queues
    assert '<span class="service screenshotter">screenshotter</span>' in queues
    assert 'data-stream="/ops/events/stream?login=pip&amp;since=1h"' in events
    assert (await operator.get("/ops/events?since=soon")).status_code == 422
    assert (await operator.get("/ops/events/stream?since=soon")).status_code == 422


async def test_a_sounding(js: JetStreamContext, place: Resources) -> None:
    """Lag, what is in hand, what came again and the age of the oldest are the server's figures."""
    event = PipelineStarted.model_validate(
        {
            "run_id": uuid4(),
            "login": "pip",
            "profile_id": uuid4(),
            "trigger": "submit",
            "policy": {},
            "options": {},
            "submitted": {},
            "known": {},
        }
    )
    for number in range(3):
        envelope = seal(event, "/services/api", tell=number)
        await js.publish(event.subject, envelope.body(), headers=envelope.headers())
    subscription = await js.pull_subscribe_bind("generator", EVENTS)
    [message] = await subscription.fetch(1, timeout=5)
    await message.nak()
    held = []
    while not held or held[-1].metadata.num_delivered == 1:  # it comes again before or after others
        held += await subscription.fetch(1, timeout=5)
    seen = await Soundings(place).take()
    [generator] = [one for one in seen.consumers if one.name == "generator"]
    [stream] = [one for one in seen.streams if one.name == EVENTS]

    assert (generator.in_hand, generator.waiting) == (len(held), 3 - len(held))
    assert generator.again == 1
    assert generator.oldest_seconds is not None
    assert generator.oldest_seconds >= 0
    assert (stream.messages, stream.last_sequence) == (3, 3)
    assert {one.name for one in seen.consumers} >= {"ledger", "notifier", "advisories"}


async def test_who_is_at_work(place: Resources, nats_url: str) -> None:
    """Every replica answers for itself, not one for all."""
    settings = place.settings.model_copy(update={"nats_url": nats_url})
    async with open_broker(settings) as one, open_broker(settings) as other:
        for broker in (one, other):
            await report(broker.connection, "optimizer", [])
            await broker.connection.flush()
        found = await workers_of(place.tell.connection)

    assert [worker.service for worker in found] == ["optimizer", "optimizer"]
    assert {worker.version for worker in found} == {"0.1.0"}


def test_rates_begin_again_with_a_lost_store() -> None:
    """A count that falls is no negative rate."""
    start = datetime(2026, 11, 27, tzinfo=UTC)
    soundings = Soundings(None)  # type: ignore[arg-type]  # it only counts here
    for second, sequence in enumerate((0, 10, 30, 5)):
        stream = StreamNow(EVENTS, sequence, 0, 0, sequence, None)
        moment = start + timedelta(seconds=2 * second)
        soundings._taken.append(Sounding(moment, [stream], []))

    assert soundings.stored_per_second(EVENTS) == [5.0, 10.0, 0.0]
