"""The road on a real JetStream: retry, dead letter, heartbeat, restart, drain."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import nats
import pytest
from faststream import Context
from nats.js import JetStreamContext

from techub_common import streams
from techub_common.broker import Listener, Teller, listen, open_broker
from techub_common.delivery import Road
from techub_common.envelope import seal
from techub_common.errors import Away, Permanent, Transient
from techub_common.events import AssetFailed, CaptureRequested, Event
from techub_common.settings import AppEnv, CommonSettings
from techub_common.streams import DEAD, EVENTS, SCREENSHOTTER
from techub_devstack.servers.nats import nats_server

ACK_WAIT = 1.0


class Settings(CommonSettings):
    """Settings of a service made for these tests."""

    service = "screenshotter"


@dataclass
class Worker:
    """A service that does what it is told with the events it hears."""

    does: Callable[[CaptureRequested], Awaitable[None]]
    heard: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, event: CaptureRequested) -> None:
        """Note the event and work on it."""
        self.heard.append(event.variant)
        self.changed.set()
        await self.does(event)


def settings(url: str) -> Settings:
    """Return the settings of the test's service."""
    return Settings(nats_url=url, app_env=AppEnv.test, ack_wait_seconds=ACK_WAIT)


async def handle(event: CaptureRequested, worker: Annotated[Worker, Context()]) -> None:
    """Hand the event to the worker."""
    await worker(event)


def failed(event: Event, error: BaseException, attempts: int) -> AssetFailed:
    """Return the domain's failure event."""
    assert isinstance(event, CaptureRequested)
    return AssetFailed(
        run_id=event.run_id,
        login=event.login,
        kind=event.variant,
        stage="capture",
        code="gone",
        message=str(error),
        attempts=attempts,
    )


@asynccontextmanager
async def working(url: str, worker: Worker, slots: int = 2) -> AsyncIterator[Listener]:
    """Yield a listener at work."""
    wanted = settings(url)
    async with open_broker(wanted) as broker:
        broker.context.set_global("worker", worker)
        listener = listen(
            broker,
            Teller(broker, wanted.source),
            SCREENSHOTTER,
            handle,
            slots=slots,
            ack_wait=ACK_WAIT,
            road=Road(),
            gave_up=failed,
        )
        task = asyncio.create_task(listener.run())
        try:
            yield listener
        finally:
            await listener.stop(5)
            await task


async def ask(js: JetStreamContext, *variants: str) -> None:
    """Request these pictures."""
    for variant in variants:
        event = CaptureRequested(run_id=uuid4(), login="pip", variant=variant, view_key="k")
        sealed = seal(event, "/services/api")
        await js.publish(event.subject, sealed.body(), headers=sealed.headers())


async def settled(js: JetStreamContext, within: float = 15.0) -> None:
    """Return once the consumer has been given what was asked last, and owes nothing."""
    last = (await js.get_last_msg(EVENTS, CaptureRequested.subject)).seq or 0
    async with asyncio.timeout(within):
        while True:
            info = await js.consumer_info(EVENTS, SCREENSHOTTER.name)
            given = info.delivered.stream_seq if info.delivered else 0
            if given >= last and not info.num_pending and not info.num_ack_pending:
                return
            await asyncio.sleep(0.02)


async def letters(js: JetStreamContext) -> list[Any]:
    """Return every dead letter."""
    info = await js.stream_info(DEAD)
    return [await js.get_msg(DEAD, seq) for seq in range(1, info.state.messages + 1)]


async def nothing(_: CaptureRequested) -> None:
    """Work that is done at once."""


async def test_heard_once_and_settled(js: JetStreamContext, nats_url: str) -> None:
    """Each event is handled once and acknowledged."""
    worker = Worker(nothing)
    await ask(js, *"abcdef")
    async with working(nats_url, worker):
        await settled(js)

    assert sorted(worker.heard) == list("abcdef")


async def test_long_work_runs_once(js: JetStreamContext, nats_url: str) -> None:
    """A handler that takes three times ack_wait is not started a second time."""

    async def long(_: CaptureRequested) -> None:
        await asyncio.sleep(ACK_WAIT * 3)

    worker = Worker(long)
    async with working(nats_url, worker):
        await ask(js, "og")
        await settled(js)

    assert worker.heard == ["og"]


async def test_nothing_is_fetched_before_a_slot_is_free(
    js: JetStreamContext, nats_url: str
) -> None:
    """Only as many messages leave the server as are being worked on."""
    gate = asyncio.Event()

    async def wait(_: CaptureRequested) -> None:
        await gate.wait()

    worker = Worker(wait)
    await ask(js, *"abcdef")
    async with working(nats_url, worker, slots=2):
        async with asyncio.timeout(10):
            while len(worker.heard) < 2:
                await worker.changed.wait()
                worker.changed.clear()
        await asyncio.sleep(ACK_WAIT * 1.5)  # longer than a prefetched message would survive
        info = await js.consumer_info(EVENTS, SCREENSHOTTER.name)
        gate.set()
        await settled(js)

    assert info.num_ack_pending == 2
    assert sorted(worker.heard) == list("abcdef")


async def test_a_passing_trouble_is_tried_again(js: JetStreamContext, nats_url: str) -> None:
    """A Transient error gives the message back with the delay they asked for."""
    errors = [Transient("busy", code="chromium_failed", retry_after=0.2)]

    async def once(_: CaptureRequested) -> None:
        if errors:
            raise errors.pop()

    worker = Worker(once)
    async with working(nats_url, worker):
        await ask(js, "og")
        await settled(js)

    assert worker.heard == ["og", "og"]
    assert await letters(js) == []


async def test_a_permanent_error_is_buried_and_told(js: JetStreamContext, nats_url: str) -> None:
    """The dead letter keeps the original bytes and says who gave up and why."""

    async def refuse(_: CaptureRequested) -> None:
        raise Permanent("there is no such picture", code="unknown_variant")

    worker = Worker(refuse)
    async with working(nats_url, worker):
        await ask(js, "moon")
        await settled(js)

    [letter] = await letters(js)
    assert letter.subject == "dead.screenshotter"
    assert letter.headers["Techub-Dead-Code"] == "unknown_variant"
    assert letter.headers["Techub-Dead-Error"] == "there is no such picture"
    assert letter.headers["Techub-Dead-Subject"] == "capture.requested"
    original = await js.get_msg(EVENTS, int(letter.headers["Techub-Dead-Sequence"]))
    assert letter.data == original.data
    last = await js.get_last_msg(EVENTS, AssetFailed.subject)
    assert b'"moon"' in last.data


async def test_nonsense_is_buried_and_blocks_nothing(js: JetStreamContext, nats_url: str) -> None:
    """Unreadable, unknown and half-written events end as dead letters; the next one is heard."""
    sealed = seal(
        CaptureRequested(run_id=uuid4(), login="pip", variant="og", view_key="k"), "/services/api"
    ).body()
    for body in (b"\x00\xff", b"{}", sealed[:-20], sealed.replace(b".requested.v1", b".begged.v9")):
        await js.publish(CaptureRequested.subject, body)
    await ask(js, "og")
    worker = Worker(nothing)
    async with working(nats_url, worker):
        await settled(js)

    assert worker.heard == ["og"]
    codes = sorted(letter.headers["Techub-Dead-Code"] for letter in await letters(js))
    assert codes == ["unknown_event", *["unreadable_event"] * 3]


async def test_ours_away_keeps_the_message(js: JetStreamContext, nats_url: str) -> None:
    """While something of ours is away the message stays in hand, past ack_wait, and is not lost."""
    calls = itertools.count()

    async def wait_for_store(_: CaptureRequested) -> None:
        if next(calls) < 2:
            raise Away("the object store is away")

    worker = Worker(wait_for_store)
    async with working(nats_url, worker):
        await ask(js, "og")
        await settled(js)

    stream = await js.consumer_info(EVENTS, SCREENSHOTTER.name)
    assert worker.heard == ["og", "og", "og"]
    assert stream.num_redelivered == 0
    assert await letters(js) == []


async def test_a_missing_consumer_ends_the_start(js: JetStreamContext, nats_url: str) -> None:
    """A service that nobody migrated for says so instead of waiting for ever."""
    await js.delete_consumer(EVENTS, SCREENSHOTTER.name)
    wanted = settings(nats_url)
    async with open_broker(wanted) as broker:
        listener = listen(
            broker,
            Teller(broker, wanted.source),
            SCREENSHOTTER,
            handle,
            slots=1,
            ack_wait=ACK_WAIT,
            road=Road(),
        )
        with pytest.raises(Permanent, match="techub_api migrate"):
            await listener.run()


async def test_stopping_gives_back_and_loses_nothing(js: JetStreamContext, nats_url: str) -> None:
    """A stop under load finishes what is in hand; the rest is heard by the next, each once."""

    async def brief(_: CaptureRequested) -> None:
        await asyncio.sleep(0.02)

    await ask(js, *(str(number) for number in range(40)))
    heard: list[str] = []
    for _ in range(3):
        worker = Worker(brief)
        async with working(nats_url, worker), asyncio.timeout(10):
            while len(worker.heard) < 5:
                await worker.changed.wait()
                worker.changed.clear()
        heard += worker.heard
    worker = Worker(brief)
    async with working(nats_url, worker):
        await settled(js)
    heard += worker.heard

    assert sorted(heard, key=int) == [str(number) for number in range(40)]


async def test_what_comes_while_stopping_is_delivered_once(
    js: JetStreamContext, nats_url: str
) -> None:
    """A message that answers the last pull is worked on: a stop causes no redelivery."""
    worker = Worker(nothing)
    async with working(nats_url, worker) as listener:
        async with asyncio.timeout(10):
            while (await js.consumer_info(EVENTS, SCREENSHOTTER.name)).num_waiting != 2:
                await asyncio.sleep(0.01)
        stopping = asyncio.create_task(listener.stop(5))
        await ask(js, "og")
        await stopping
    async with working(nats_url, Worker(nothing)):
        await settled(js)

    info = await js.consumer_info(EVENTS, SCREENSHOTTER.name)
    assert info.delivered is not None
    assert info.delivered.consumer_seq == 1


async def test_consuming_again_after_the_broker_was_killed(tmp_path: Path) -> None:
    """SIGKILL of the broker: everything is heard; what was acked last may be heard again."""
    worker = Worker(nothing)
    async with nats_server(tmp_path) as server:
        js = await _declared(server.url)
        async with working(server.url, worker):
            await ask(js, "before")
            await settled(js)
            await server.kill()
            await server.start()
            async with asyncio.timeout(20):
                while not js._nc.is_connected:
                    await asyncio.sleep(0.02)
            await ask(js, "after")
            await settled(js)
        await js._nc.close()

    assert list(dict.fromkeys(worker.heard)) == ["before", "after"]


async def test_leaving_while_the_broker_is_away(tmp_path: Path) -> None:
    """Whoever stops while no broker is there leaves without an error and holds on to nothing."""
    async with nats_server(tmp_path) as server:
        async with open_broker(settings(server.url)) as broker:
            connection = broker.connection
            await server.kill()
            async with asyncio.timeout(10):
                while connection.is_connected:
                    await asyncio.sleep(0.01)

        assert connection.is_closed


async def test_a_publisher_does_not_buffer(tmp_path: Path) -> None:
    """With the broker gone a teller says Away at once; nothing is sent behind its back later."""
    async with nats_server(tmp_path) as server:
        js = await _declared(server.url)
        async with open_broker(settings(server.url)) as broker:
            tell = Teller(broker, "/services/api")
            await server.kill()
            async with asyncio.timeout(10):
                while broker.connection.is_connected:
                    await asyncio.sleep(0.01)
            with pytest.raises(Away):
                await tell(
                    CaptureRequested(run_id=uuid4(), login="pip", variant="og", view_key="k")
                )
            await server.start()
            async with asyncio.timeout(10):
                while not (broker.connection.is_connected and js._nc.is_connected):
                    await asyncio.sleep(0.01)
            state = (await js.stream_info(EVENTS)).state
        await js._nc.close()

    assert state.messages == 0


async def _declared(url: str) -> JetStreamContext:

    async def quiet(_: Exception) -> None:
        return

    connection = await nats.connect(
        url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=quiet
    )
    js = connection.jetstream()
    await streams.declare(js, ack_wait=ACK_WAIT)
    return js
