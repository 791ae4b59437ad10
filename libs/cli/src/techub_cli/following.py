"""Follows the EVENTS stream: in order, each message once, over restarts of the broker."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamInfo
from nats.js.errors import NotFoundError

from techub_cli.connection import complaint
from techub_cli.subjects import matching
from techub_common.errors import Away, Permanent
from techub_common.streams import EVENTS

HEARTBEAT_SECONDS: Final = 0.5
SILENCE_SECONDS: Final = 1.5
LOOK_SECONDS: Final = 0.25
FORGOTTEN_SECONDS: Final = 10.0
MOST: Final = 100


class _Lost(Exception):
    """The consumer is gone or something was missed: begin again after what was seen last."""


class Follower:
    """A place in the stream, and everything that comes after it.

    nats-py's own ordered consumer gives up when it cannot be made again at the first try; this one
    goes on from the last stream sequence it handed out for as long as the connection lives.
    `notice` is told, in a sentence, when the stream is away and when it is back.
    """

    def __init__(
        self, client: Client, *, patterns: Sequence[str] = (), notice: Callable[[str], None]
    ) -> None:
        self._client = client
        self._js = client.jetstream()
        self._patterns = patterns
        self._notice = notice
        self._created: datetime | None = None
        self._seen = 0
        self._since: datetime | None = None

    async def start(self, since: datetime | None = None) -> None:
        """Take the place after the newest message, or before what was stored from `since` on.

        Raises Away without JetStream, Permanent without a stream or a subject to hear.
        """
        try:
            info = await self._js.stream_info(EVENTS)
        except NotFoundError as error:
            message = f"JetStream has no stream {EVENTS}; run `techub_api migrate` first"
            raise Permanent(message, code="stream_missing") from error
        except (NatsError, TimeoutError) as error:
            message = (
                "NATS answers, but JetStream does not; is it enabled, and may we use it?"
                f"{complaint(self._client)}"
            )
            raise Away(message) from error
        self._subjects(info)
        self._created, self._seen, self._since = info.created, info.state.last_seq, since

    async def messages(self) -> AsyncGenerator[Msg, None]:
        """Yield every message after the place, for ever; raise Away once the connection is gone."""
        async with aclosing(self.batches()) as batches:
            async for batch in batches:
                for message in batch:
                    yield message

    async def batches(self) -> AsyncGenerator[list[Msg], None]:
        """Yield the same messages, those together that have arrived together."""
        away, pause = False, 0.1
        while True:
            try:
                async with self._consumer() as inbox:
                    if away:
                        self._notice("the stream is back")
                    away, pause = False, 0.1
                    async for batch in self._arriving(inbox):
                        yield batch
            except (_Lost, NatsError, TimeoutError):
                if not away and not self._client.is_connected:
                    away = True
                    self._notice("the connection is lost; waiting for it to come back")
            await self._connected()
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 2)

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[asyncio.Queue[Msg]]:
        """Yield what arrives from a new consumer that begins where the last one ended."""
        info = await self._js.stream_info(EVENTS)
        if info.created != self._created:  # the store was lost and made anew: all of it is unseen
            self._created, self._seen, self._since = info.created, 0, None
        self._seen = min(self._seen, info.state.last_seq)  # a crash may cost its newest messages
        inbox = self._client.new_inbox()
        arrived: asyncio.Queue[Msg] = asyncio.Queue()
        subscription = await self._client.subscribe(inbox, cb=arrived.put)
        try:
            await self._js.add_consumer(EVENTS, self._config(inbox, info))
            yield arrived
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    def _config(self, inbox: str, info: StreamInfo) -> ConsumerConfig:
        return ConsumerConfig(
            name=f"techub-cli-{inbox.rpartition('.')[2]}",
            deliver_subject=inbox,
            deliver_policy=(
                DeliverPolicy.BY_START_TIME if self._since else DeliverPolicy.BY_START_SEQUENCE
            ),
            opt_start_time=self._since,
            opt_start_seq=None if self._since else self._seen + 1,
            filter_subjects=self._subjects(info),
            ack_policy=AckPolicy.NONE,
            max_deliver=1,
            flow_control=True,
            idle_heartbeat=HEARTBEAT_SECONDS,
            inactive_threshold=FORGOTTEN_SECONDS,
            mem_storage=True,
            num_replicas=1,
        )

    def _subjects(self, info: StreamInfo) -> list[str] | None:
        return matching(self._patterns, info.config.subjects or []) if self._patterns else None

    async def _arriving(self, arrived: asyncio.Queue[Msg]) -> AsyncGenerator[list[Msg], None]:
        delivered = 0
        connections = self._client.stats["reconnects"]
        heard_at = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    first = await arrived.get()
            except TimeoutError:
                same = self._client.stats["reconnects"] == connections
                silent = time.monotonic() - heard_at > SILENCE_SECONDS
                if silent or not same or not self._client.is_connected:
                    raise _Lost from None
                continue
            heard_at = time.monotonic()
            batch: list[Msg] = []
            for message in _at_hand(first, arrived):
                if "Status" in (message.headers or {}):
                    is_whole = await self._looked_after(message, delivered)
                else:
                    delivered += 1
                    is_whole = message.metadata.sequence.consumer == delivered
                    if is_whole:
                        batch.append(message)
                if not is_whole:
                    break
            if batch:
                self._seen, self._since = batch[-1].metadata.sequence.stream, None
                yield batch
            if not is_whole:
                raise _Lost

    async def _looked_after(self, message: Msg, delivered: int) -> bool:
        """Answer what the server says about the consumer; False when messages are missing."""
        headers = message.headers or {}
        if reply := message.reply or headers.get("Nats-Consumer-Stalled"):
            await self._client.publish(reply)  # flow control: we have come this far
            return True
        return headers["Status"] == "100" and int(headers.get("Nats-Last-Consumer", 0)) <= delivered

    async def _connected(self) -> None:
        while not self._client.is_connected:
            if self._client.is_closed:
                message = "NATS closed the connection for good; are NATS_CREDS still valid?"
                raise Away(message)
            await asyncio.sleep(0.05)


def _at_hand(first: Msg, arrived: asyncio.Queue[Msg]) -> Iterator[Msg]:
    """Return the first and what has arrived after it, a screenful or two at most."""
    yield first
    for _ in range(MOST - 1):
        if arrived.empty():
            return
        yield arrived.get_nowait()
