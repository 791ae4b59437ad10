"""What becomes of one delivered message: done, kept, tried again, or buried in plain sight."""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from techub_common import tracing
from techub_common.dead import DeadLetter
from techub_common.envelope import Envelope, handling, unseal
from techub_common.errors import Away, Permanent, Transient, code_of
from techub_common.events import Event
from techub_common.metrics import Metrics
from techub_common.streams import MAX_DELIVER, Consumer
from techub_common.tracing import INVALID_SPAN, Span

log = structlog.get_logger()

MAX_DELAY: Final = 300.0
REMEMBERED: Final = 1024

GaveUp = Callable[[Event, BaseException, int], Event | None]
Retried = Callable[[Event, BaseException, int], Event | None]
Pause = Callable[[float], Awaitable[None]]
Work = Callable[["Sequence[Taken]"], Awaitable[Any]]
Hand = dict[int, "Taken"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A message in hand: what it says, and since when (on a steady clock)."""

    message: Msg
    envelope: Envelope
    started: float
    span: Span = INVALID_SPAN

    @property
    def sequence(self) -> int:
        """Return its place in the stream."""
        return self.message.metadata.sequence.stream

    @property
    def seconds(self) -> float:
        """Return for how long it has been in hand."""
        return time.monotonic() - self.started

    @contextmanager
    def named(self) -> Iterator[None]:
        """Make it the cause of what is told, and name it in every line that is logged."""
        event = self.envelope.event
        with (
            handling(self.envelope),
            tracing.within(self.span),
            structlog.contextvars.bound_contextvars(
                trace_id=self.envelope.trace_id,
                run_id=str(event.run_id),
                login=event.login,
                event_type=event.type,
                attempt=self.message.metadata.num_delivered,
            ),
        ):
            yield


class Tells(Protocol):
    """What delivery needs of a teller."""

    async def __call__(self, event: Event) -> object:
        """Tell a fact; raise Away."""
        ...

    async def bury(self, letter: DeadLetter) -> None:
        """Write a dead letter; raise Away."""
        ...


class Road:
    """Closed while something of ours is away, so that nobody fetches what cannot be worked on."""

    def __init__(self, metrics: Metrics | None = None, pause: Pause = asyncio.sleep) -> None:
        self._metrics = metrics or Metrics()
        self._pause = pause
        self._metrics.outage_seconds.set_function(self.away_seconds)
        self._blocked = 0
        self._away_since = 0.0
        self._open = asyncio.Event()
        self._open.set()

    async def open(self) -> None:
        """Return when nobody is waiting for something of ours."""
        await self._open.wait()

    @property
    def is_open(self) -> bool:
        """Return whether nobody is waiting for something of ours."""
        return self._open.is_set()

    async def until_back(self, work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401  # whatever the work returns
        """Return what `work` returns, trying again every 0.5 to 10 s for as long as it is Away."""
        pause = 0.5
        blocked = False
        try:
            while True:
                try:
                    return await work()
                except Away as error:
                    if not blocked:
                        blocked = True
                        self._block(1)
                        log.warning("ours_away", error=str(error))
                    await self._pause(pause * random.uniform(0.75, 1.25))  # noqa: S311
                    pause = min(10.0, pause * 2)
        finally:
            if blocked:
                self._block(-1)
                log.info("ours_back")

    def away_seconds(self) -> float:
        """Return for how long somebody has been waiting for something of ours."""
        return time.monotonic() - self._away_since if self._blocked else 0.0

    def _block(self, change: int) -> None:
        if not self._blocked:
            self._away_since = time.monotonic()
            self._metrics.outages.inc()
        self._blocked += change
        if self._blocked:
            self._open.clear()
        else:
            self._open.set()


def retry_delay(error: BaseException, raised: int, attempts: int) -> float | None:
    """Return the seconds until the next try, or None to give up; `raised` counts from 1.

    2ⁿ seconds plus up to half of it, or what the other side asked for.
    """
    if isinstance(error, Permanent) or raised >= attempts:
        return None
    wanted = error.retry_after if isinstance(error, Transient) else None
    backoff: float = 2.0**raised * random.uniform(1.0, 1.5)  # noqa: S311
    return min(MAX_DELAY, max(wanted, 0.1) if wanted is not None else backoff)


@dataclass(slots=True)
class Delivery:
    """The rules of one consumer, applied to each of its messages.

    `gave_up` makes the domain failure event of a message that is given up; `retried` makes the line
    of the story that says another try will follow.
    """

    consumer: Consumer
    tell: Tells
    road: Road
    ack_wait: float
    gave_up: GaveUp | None = None
    retried: Retried | None = None
    metrics: Metrics = field(default_factory=Metrics)
    _raised: OrderedDict[int, int] = field(default_factory=OrderedDict)
    _hands: list[Hand] = field(default_factory=list)

    def held(self) -> "list[Taken]":
        """Return what is in hand right now, in every slot."""
        return [taken for hand in self._hands for taken in hand.values()]

    async def handle(self, messages: Sequence[Msg], work: Work) -> None:
        """Settle each message: acknowledged, given back with a delay, or dead-lettered and ended.

        Several are worked on together, and one by one when that raises: what one of them cannot do
        is never held against the others.
        """
        hand: Hand = {}  # what is not settled yet
        self._hands.append(hand)
        unreadable = []
        for message in messages:
            try:
                taken = self._read(message)
            except Permanent as error:
                unreadable.append((message, error))
            else:
                hand[taken.sequence] = taken
        try:
            async with beating(hand, self.ack_wait / 3):
                for message, reason in unreadable:
                    await self._end_unread(message, reason)
                if len(hand) == 1 or not await self._together(hand, work):
                    await self._one_by_one(hand, work)
        except asyncio.CancelledError:
            await self._give_back(hand)
            raise
        finally:
            self._hands = [other for other in self._hands if other is not hand]

    def _read(self, message: Msg) -> "Taken":
        """Return what the message says; raise Permanent when it says nothing."""
        consumer, deliveries = self.consumer.name, message.metadata.num_delivered
        try:
            envelope = unseal(message.data, message.headers)
        except Permanent:
            self.metrics.delivered(consumer, deliveries)
            raise
        self.metrics.delivered(consumer, deliveries, envelope.time)
        event = envelope.event
        span = tracing.received(
            event.subject,
            envelope.traceparent,
            consumer,
            deliveries,
            run_id=str(event.run_id),
            tell=envelope.tell,
        )
        return Taken(message, envelope, time.monotonic(), span)

    async def _end_unread(self, message: Msg, error: Permanent) -> None:
        started = time.monotonic()
        await self._bury(message, error, 1)
        await message.term()
        self.metrics.settled(self.consumer.name, "unreadable", time.monotonic() - started)

    async def _give_back(self, hand: "Hand") -> None:
        for taken in hand.values():
            with suppress(NatsError):
                await taken.message.nak()
            self.metrics.settled(self.consumer.name, "given_back", taken.seconds)
            tracing.ended(taken.span, "given_back", well=True)
            with taken.named():
                log.info("message_given_back", consumer=self.consumer.name)

    async def _together(self, hand: "Hand", work: Work) -> bool:
        """Work on all at once; False when that raised and nothing has been settled."""
        taken = tuple(hand.values())
        if not taken:
            return True
        try:
            with tracing.together(f"process {self.consumer.name}", [one.span for one in taken]):
                await self.road.until_back(lambda: self._limited(work, taken))
        except Exception as error:  # noqa: BLE001  # who raised it is found out one by one
            log.warning(
                "messages_divided",
                consumer=self.consumer.name,
                count=len(taken),
                code=code_of(error),
                error=str(error),
            )
            return False
        for one in taken:
            with one.named():
                await self._done(one)
                self._settled(hand, one, "done")
        return True

    async def _one_by_one(self, hand: "Hand", work: Work) -> None:
        for one in tuple(hand.values()):
            with one.named():
                self._settled(hand, one, await self._settle(one, work))

    def _settled(self, hand: "Hand", taken: "Taken", outcome: str) -> None:
        del hand[taken.sequence]
        self.metrics.settled(self.consumer.name, outcome, taken.seconds)
        tracing.ended(taken.span, outcome, well=outcome == "done")
        log.info(
            "message_handled",
            consumer=self.consumer.name,
            outcome=outcome,
            duration_ms=round(taken.seconds * 1000),
        )

    async def _settle(self, taken: "Taken", work: Work) -> str:
        try:
            await self.road.until_back(lambda: self._limited(work, (taken,)))
        except Exception as error:  # noqa: BLE001  # the one place that decides about any error
            return await self._failed(taken.message, taken.envelope.event, error)
        await self._done(taken)
        return "done"

    async def _done(self, taken: "Taken") -> None:
        self._raised.pop(taken.sequence, None)
        await taken.message.ack()

    async def _limited(self, work: Work, taken: "tuple[Taken, ...]") -> None:
        async with asyncio.timeout(self.consumer.limit):
            await work(taken)

    async def _failed(self, message: Msg, event: Event, error: Exception) -> str:
        raised = self._count(message)
        delay = retry_delay(error, raised, self.consumer.attempts)
        if not isinstance(error, Permanent | Transient | TimeoutError):
            log.error("handler_raised", exc_info=error)
        if delay is not None and message.metadata.num_delivered < MAX_DELIVER:
            log.warning("message_retried", code=code_of(error), error=str(error), delay=delay)
            if self.retried and (line := self.retried(event, error, raised)):
                await self._told(line)
            await message.nak(delay=delay)
            return "retried"
        await self._bury(message, error, raised)
        if self.gave_up and (failure := self.gave_up(event, error, raised)):
            await self._told(failure)
        await message.term()
        return "given_up"

    async def _told(self, event: Event) -> None:
        """Tell what became of the message; one that cannot be told is logged and left."""
        try:
            await self.road.until_back(lambda: self.tell(event))
        except Permanent as error:
            log.error("failure_untold", subject=event.subject, code=error.code, error=str(error))  # noqa: TRY400  # one line

    async def _bury(self, message: Msg, error: BaseException, attempts: int) -> None:
        letter = DeadLetter(
            body=message.data,
            headers=message.headers or {},
            subject=message.subject,
            sequence=message.metadata.sequence.stream,
            consumer=self.consumer.name,
            attempts=attempts,
            error=error,
        )
        try:
            await self.road.until_back(lambda: self.tell.bury(letter))
        except Permanent as refused:  # it lies in EVENTS still, under the sequence that is logged
            log.error("letter_refused", sequence=letter.sequence, error=str(refused))  # noqa: TRY400  # one line
        log.error("message_buried", consumer=letter.consumer, code=letter.code, error=str(error))

    def _count(self, message: Msg) -> int:
        sequence = message.metadata.sequence.stream
        count = self._raised.pop(sequence, 0) + 1
        self._raised[sequence] = count
        while len(self._raised) > REMEMBERED:
            self._raised.popitem(last=False)
        return count


@asynccontextmanager
async def beating(hand: Mapping[int, Taken], every: float) -> AsyncIterator[None]:
    """Tell the server every `every` seconds that what is in hand is still being worked on.

    The first time sooner: a message may have waited with others for the end of its pull.
    """

    async def beat() -> None:
        await asyncio.sleep(every / 3)
        while True:
            for taken in tuple(hand.values()):
                with suppress(NatsError):
                    await taken.message.in_progress()
            await asyncio.sleep(every)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
