"""How streams and consumers stand, and how they stood in the last minutes: rates come of two."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, StreamInfo
from nats.js.errors import NotFoundError

from techub_api.resources import Resources
from techub_common.errors import Away
from techub_common.streams import (
    ADVISORIES,
    ADVISORY_CONSUMER,
    CONSUMERS,
    DEAD,
    EVENTS,
    Consumer,
)
from techub_common.working import Worker, workers_of

log = structlog.get_logger()

EVERY_SECONDS: Final = 5.0
STILL_NEW: Final = 3 * EVERY_SECONDS
KEPT: Final = 180
STREAMS: Final = (EVENTS, ADVISORIES, DEAD)


@dataclass(frozen=True, slots=True)
class StreamNow:
    """One stream; `first_at` is when its oldest message was stored."""

    name: str
    messages: int
    bytes: int
    most_bytes: int
    last_sequence: int
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsumerNow:
    """One consumer: what waits, what is in hand, what came again, and how old the oldest is."""

    name: str
    stream: str
    waiting: int
    in_hand: int
    again: int
    delivered: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Sounding:
    """How everything stood at one moment, and who was at work."""

    at: datetime
    streams: Sequence[StreamNow]
    consumers: Sequence[ConsumerNow]
    workers: Sequence[Worker] = ()


class Soundings:
    """Looks every 5 s and remembers a quarter of an hour; each replica for itself."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._taken: deque[Sounding] = deque(maxlen=KEPT)
        self.taken = asyncio.Condition()

    async def run(self) -> None:
        """Look for ever; while JetStream is away nothing is added."""
        while True:
            try:
                await self.take()
            except Away as error:
                log.debug("sounding_missed", error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def take(self) -> Sounding:
        """Look now and return what was seen; raise Away."""
        connection = self._resources.tell.connection
        js = connection.jetstream()
        try:
            streams = await asyncio.gather(*(_stream(js, name) for name in STREAMS))
            consumers = await asyncio.gather(
                *(_consumer(js, consumer) for consumer in CONSUMERS), _advisories(js)
            )
            workers = await workers_of(connection)
        except (NatsError, TimeoutError) as error:
            message = f"JetStream does not answer: {type(error).__name__}"
            raise Away(message) from error
        seen = Sounding(
            datetime.now(UTC),
            [one for one in streams if one],
            [one for one in consumers if one],
            workers,
        )
        async with self.taken:
            self._taken.append(seen)
            self.taken.notify_all()
        return seen

    async def newest(self) -> Sounding:
        """Return what was seen last, or now when that is too long ago; raise Away."""
        last = self._taken[-1] if self._taken else None
        if last and (datetime.now(UTC) - last.at).total_seconds() < STILL_NEW:
            return last
        return await self.take()

    def stored_per_second(self, stream: str) -> list[float]:
        """Return how many messages a second a stream took, between each two soundings."""
        return self._rates(
            [
                (seen.at, one.last_sequence)
                for seen in self._taken
                for one in seen.streams
                if one.name == stream
            ]
        )

    def delivered_per_second(self, consumer: str) -> list[float]:
        """Return how many messages a second a consumer was given."""
        return self._rates(
            [
                (seen.at, one.delivered)
                for seen in self._taken
                for one in seen.consumers
                if one.name == consumer
            ]
        )

    def lag_of(self, consumer: str) -> list[float]:
        """Return how many messages waited for a consumer, at each sounding."""
        return [
            float(one.waiting)
            for seen in self._taken
            for one in seen.consumers
            if one.name == consumer
        ]

    @staticmethod
    def _rates(seen: Sequence[tuple[datetime, int]]) -> list[float]:
        """A count that falls is of a store that was lost: it begins again."""
        rates = []
        for (before, low), (after, high) in pairwise(seen):
            seconds = (after - before).total_seconds()
            rates.append(max(0, high - low) / seconds if seconds > 0 else 0.0)
        return rates


async def _stream(js: JetStreamContext, name: str) -> StreamNow | None:
    try:
        info: StreamInfo = await js.stream_info(name)
    except NotFoundError:
        return None
    state = info.state
    return StreamNow(
        name=name,
        messages=state.messages,
        bytes=state.bytes,
        most_bytes=info.config.max_bytes or 0,
        last_sequence=state.last_seq,
        first_at=await _first(js, name, state.first_seq) if state.messages else None,
    )


async def _first(js: JetStreamContext, name: str, sequence: int) -> datetime | None:
    """Return when the oldest message was stored; advisories are read by their consumer alone."""
    if name == ADVISORIES:
        return None
    try:
        return (await js.get_msg(name, seq=sequence)).time
    except NotFoundError:
        return None


async def _consumer(js: JetStreamContext, consumer: Consumer) -> ConsumerNow | None:
    try:
        info = await js.consumer_info(EVENTS, consumer.name)
    except NotFoundError:
        return None
    oldest = await _oldest(js, consumer, info) if info.num_pending or info.num_ack_pending else None
    return _as_seen(EVENTS, info, oldest)


async def _advisories(js: JetStreamContext) -> ConsumerNow | None:
    try:
        info = await js.consumer_info(ADVISORIES, ADVISORY_CONSUMER)
    except NotFoundError:
        return None
    return _as_seen(ADVISORIES, info, None)


def _as_seen(stream: str, info: ConsumerInfo, oldest: float | None) -> ConsumerNow:
    return ConsumerNow(
        name=info.name,
        stream=stream,
        waiting=info.num_pending or 0,
        in_hand=info.num_ack_pending or 0,
        again=info.num_redelivered or 0,
        delivered=info.delivered.consumer_seq if info.delivered else 0,
        oldest_seconds=oldest,
    )


async def _oldest(js: JetStreamContext, consumer: Consumer, info: ConsumerInfo) -> float | None:
    """Return the age of the oldest message that is not settled, in seconds."""
    floor = info.ack_floor.stream_seq if info.ack_floor else 0

    async def first(subject: str) -> datetime | None:
        try:
            found = await js.get_msg(EVENTS, seq=floor + 1, subject=subject, next=True)
        except NotFoundError:
            return None
        return found.time

    moments = await asyncio.gather(*map(first, consumer.subjects))
    stored = [moment for moment in moments if moment is not None]
    return (datetime.now(UTC) - min(stored)).total_seconds() if stored else None
