"""Messages asked for by number, of a real JetStream."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import nats
import pytest
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from techub_common import pulling, streams
from techub_common.envelope import seal
from techub_common.events import CaptureRequested
from techub_common.pulling import Puller
from techub_common.streams import EVENTS, SCREENSHOTTER
from techub_devstack.servers.nats import NatsServer, nats_server


@pytest.fixture
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NatsServer]:
    """Give a server of this test's own, which may be killed."""
    async with nats_server(tmp_path_factory.mktemp("pulling")) as running:
        yield running


@pytest.fixture
async def js(server: NatsServer) -> AsyncIterator[JetStreamContext]:
    """Give a connection, with the streams declared."""
    connection = await nats.connect(
        server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=_quiet
    )
    js = connection.jetstream()
    await streams.declare(js, ack_wait=30.0)
    yield js
    await connection.close()


async def _quiet(_: Exception) -> None:
    return


async def publish(js: JetStreamContext, count: int) -> None:
    """Ask for so many pictures."""
    for number in range(count):
        event = CaptureRequested(run_id=uuid4(), login="pip", variant=f"v{number}", view_key="k")
        sealed = seal(event, "/services/api")
        await js.publish(event.subject, sealed.body(), headers=sealed.headers())


async def held(js: JetStreamContext) -> tuple[int, int]:
    """Return how many messages the server has handed out, and how many wait there."""
    info = await js.consumer_info(EVENTS, SCREENSHOTTER.name)
    return info.num_ack_pending or 0, info.num_pending or 0


async def test_what_waits_comes_together(js: JetStreamContext) -> None:
    """As many as are asked for, of those that are there; then the rest; then none."""
    puller = Puller(js._nc, EVENTS, SCREENSHOTTER.name)
    await publish(js, 5)

    assert len(await puller.fetch(3)) == 3
    assert len(await puller.fetch(8)) == 2
    assert await puller.fetch(8) == []
    await puller.close()


async def test_what_comes_while_one_is_worked_on_stays_on_the_server(
    js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull for eight that was answered with one leaves no request behind that takes others."""
    monkeypatch.setattr(pulling, "WAIT_SECONDS", 60.0)  # a request left behind would be seen
    puller = Puller(js._nc, EVENTS, SCREENSHOTTER.name)
    coming = asyncio.create_task(puller.fetch(8))
    while (await js.consumer_info(EVENTS, SCREENSHOTTER.name)).num_waiting != 1:
        await asyncio.sleep(0.01)
    await publish(js, 1)
    found = await coming
    await publish(js, 5)

    assert len(found) == 1
    assert await held(js) == (1, 5)
    assert not puller.pending
    await puller.close()


async def test_what_comes_late_is_not_lost(js: JetStreamContext) -> None:
    """A message of a request that nobody waits for any more is the next one that is given."""
    puller = Puller(js._nc, EVENTS, SCREENSHOTTER.name)
    await puller._ask(batch=1, expires=10_000_000_000)
    await publish(js, 1)
    async with asyncio.timeout(10):
        while not puller.pending:
            await asyncio.sleep(0.01)

    assert len(await puller.fetch(1)) == 1
    assert not puller.pending
    await puller.close()


async def test_there_is_no_such_consumer(js: JetStreamContext) -> None:
    """That is an error, and not the same as nothing to do."""
    puller = Puller(js._nc, EVENTS, "nobody")
    with pytest.raises(NatsError):
        await puller.fetch(1)
    await puller.close()


async def test_over_a_restart_of_the_server(js: JetStreamContext, server: NatsServer) -> None:
    """What is told after the server was killed is given without anybody asking anew."""
    puller = Puller(js._nc, EVENTS, SCREENSHOTTER.name)
    assert await puller.fetch(8) == []
    await server.kill()
    async with asyncio.timeout(20):
        while js._nc.is_connected:
            await asyncio.sleep(0.01)
    assert await puller.fetch(8) == []
    assert js._nc.pending_data_size == 0, "asked for without a connection"
    await server.start()
    async with asyncio.timeout(20):
        while not js._nc.is_connected:
            await asyncio.sleep(0.01)
    await publish(js, 2)
    found = []
    async with asyncio.timeout(20):
        while len(found) < 2:
            found += await puller.fetch(8)

    assert len(found) == 2
    await puller.close()
