"""The one way onto the road and off it: telling facts, and hearing them slot by slot."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from faststream import AckPolicy
from faststream._internal.endpoint.subscriber import SubscriberUsecase
from faststream.nats import JStream, NatsBroker, NatsMessage, PubAck, PullSub
from faststream.security import SASLPlaintext
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js.api import ConsumerConfig
from nats.js.errors import APIError, NotFoundError

from techub_common import tracing
from techub_common.dead import DeadLetter
from techub_common.delivery import Delivery, GaveUp, Retried, Road, Taken, Work
from techub_common.envelope import Envelope, current, seal, unseal
from techub_common.errors import Away, Permanent
from techub_common.events import Event
from techub_common.metrics import Metrics
from techub_common.nats_address import servers_of
from techub_common.permissions import inbox_of
from techub_common.pulling import WAIT_SECONDS, Puller
from techub_common.settings import CommonSettings
from techub_common.streams import DEAD, EVENTS, Consumer
from techub_common.tasks import end

log = structlog.get_logger()

PUBLISH_TIMEOUT: Final = 5.0
LOOK_SECONDS: Final = 0.5
SERVER_TROUBLE: Final = 500
FIRST_PAUSE: Final = 0.1
LEAVE_SECONDS: Final = 5.0
# RuntimeError: nats-py flushes what was pending into a transport that uvloop has closed.
NOT_LEFT: Final = (NatsError, TimeoutError, RuntimeError)

Handler = Callable[..., Awaitable[None]]
TogetherHandler = Callable[[Sequence[Taken]], Awaitable[None]]


@asynccontextmanager
async def open_broker(
    settings: CommonSettings, metrics: Metrics | None = None
) -> AsyncIterator[NatsBroker]:
    """Yield a connected broker; raise Away when no server answers within 30 s.

    A lost connection is tried again every 0.25 s for ever (measured: with one-second pulls every
    consumer hears again within a second of a broker restart).
    """
    counted = metrics or Metrics()

    async def troubled(error: Exception) -> None:
        if "permissions violation" in str(error).lower():
            counted.violations.inc()
            log.error("nats_violation", error=str(error))
        else:
            log.debug("nats_troubled", error=str(error) or type(error).__name__)

    servers, user, password = servers_of(settings.nats_url)
    broker = NatsBroker(
        servers,
        security=SASLPlaintext(user, password or "") if user else None,
        name=f"techub-{settings.service}",
        user_credentials=str(settings.nats_creds) if settings.nats_creds else None,
        inbox_prefix=inbox_of(settings.service),
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,  # type: ignore[arg-type]  # annotated int, used in a sleep
        ping_interval=10,
        error_cb=troubled,
        disconnected_cb=_connection_lost,
        reconnected_cb=_connection_restored,
        logger=None,
    )
    try:
        async with asyncio.timeout(30):
            await broker.connect()
    except (TimeoutError, OSError, NatsError) as error:
        message = f"NATS at {shown(settings.nats_url)} does not answer; is NATS_URL right?"
        raise Away(message) from error
    try:
        yield broker
    finally:
        await _leave(broker)


class Teller:
    """Publishes facts to the stream and returns once the server has stored them."""

    def __init__(self, broker: NatsBroker, source: str, metrics: Metrics | None = None) -> None:
        self._broker = broker
        self._source = source
        self._metrics = metrics or Metrics()

    @property
    def connection(self) -> Client:
        """Return the connection it publishes on, for those who look at streams."""
        connection: Client = self._broker.config.connection_state.connection
        return connection

    async def __call__(self, event: Event) -> PubAck:
        """Tell the event as an effect of the one being handled; raise Away."""
        ack = await self.send(seal(event, self._source))
        if not ack.duplicate:
            self._metrics.told(event)
        return ack

    async def send(self, envelope: Envelope) -> PubAck:
        """Publish a sealed envelope and return the server's acknowledgement; raise Away."""
        return await self.publish(
            envelope.body(), envelope.event.subject, EVENTS, envelope.headers()
        )

    async def publish(
        self, body: bytes, subject: str, stream: str, headers: dict[str, str]
    ) -> PubAck:
        """Publish bytes to a subject of a stream; raise Away, never buffer them for later."""
        started = time.monotonic()
        try:
            with tracing.sending(subject, headers.get("traceparent")):
                ack = await self._publish(body, subject, stream, headers)
        except (Away, Permanent) as error:
            self._metrics.published(subject, "away" if isinstance(error, Away) else "refused")
            raise
        outcome = "twin" if ack.duplicate else "stored"
        self._metrics.published(subject, outcome, time.monotonic() - started)
        return ack

    async def bury(self, letter: DeadLetter) -> None:
        """Write the dead letter; the same message of one consumer is written once. Raises Away."""
        ack = await self.publish(letter.body, letter.dead_subject, DEAD, letter.dead_headers())
        if not ack.duplicate:
            self._metrics.buried(letter.consumer)

    async def _publish(
        self, body: bytes, subject: str, stream: str, headers: dict[str, str]
    ) -> PubAck:
        if not self._broker.connection.is_connected:
            message = "JetStream is not connected"
            raise Away(message)
        try:
            return await self._broker.publish(
                body, subject, headers=headers, stream=stream, timeout=PUBLISH_TIMEOUT
            )
        except (MaxPayloadError, APIError) as error:
            if isinstance(error, APIError) and (error.code or 0) >= SERVER_TROUBLE:
                raise _not_stored(subject, error) from error
            message = f"JetStream refused {subject}: {error}"
            raise Permanent(message, code="publish_refused") from error
        except (NatsError, TimeoutError) as error:
            raise _not_stored(subject, error) from error


class Listener:
    """Pulls from a durable consumer, at most `most` messages per free slot, and hands them on.

    FastStream's own pull loop is not used, because it neither backs off while JetStream is away nor
    leaves a message on the server until a slot is free.

    It begins with one message and takes twice as many each time that went well: a process that dies
    of one message again and again takes no others along until they have been delivered too often.
    """

    def __init__(
        self,
        broker: NatsBroker,
        delivery: Delivery,
        work: Work,
        *,
        slots: int,
        most: int = 1,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._broker = broker
        self._consumer = delivery.consumer
        self._delivery = delivery
        self._work = work
        self._slots = slots
        self._most = most
        self._many = 1
        self._prepare = prepare
        self._running = True  # a stop before the start holds: nothing is fetched then
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def consumer(self) -> str:
        """Return the name of the consumer it hears."""
        return self._consumer.name

    @property
    def held(self) -> list[Taken]:
        """Return what is in hand right now."""
        return self._delivery.held()

    async def run(self) -> None:
        """Hear until `stop` is called; raise when the consumer does not exist at the start."""
        js = self._broker.config.connection_state.stream
        try:
            await js.consumer_info(EVENTS, self._consumer.name)
        except NotFoundError as error:
            message = (
                f"JetStream has no consumer {self._consumer.name!r}; run `techub_api migrate` first"
            )
            raise Permanent(message, code="consumer_missing") from error
        except (NatsError, TimeoutError) as error:
            message = f"JetStream does not answer about {self._consumer.name!r} yet"
            raise Away(message) from error
        if self._prepare:
            await self._prepare()
        log.info("listener_started", consumer=self._consumer.name, slots=self._slots)
        self._tasks = [asyncio.create_task(self._pull()) for _ in range(self._slots)]
        await asyncio.gather(*self._tasks)

    async def stop(self, grace: float) -> None:
        """Fetch nothing more, finish what is in hand within `grace` seconds, give back the rest."""
        self._running = False
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self._tasks, timeout=grace)
        await end(unfinished)

    async def _pull(self) -> None:
        puller = Puller(
            self._broker.config.connection_state.connection, EVENTS, self._consumer.name
        )
        pause = FIRST_PAUSE
        try:
            while await self._goes_on(puller):
                many = self._many if self._running and self._delivery.road.is_open else 1
                try:
                    messages = await puller.fetch(many)
                except NatsError as error:
                    if pause == FIRST_PAUSE:  # once per trouble, not once per try
                        log.warning("pull_troubled", consumer=self._consumer.name, error=str(error))
                    await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311
                    pause = min(2.0, pause * 2)
                    continue
                pause = FIRST_PAUSE
                if messages:
                    # also when stopping: what came on the last pull would else be delivered again
                    await self._delivery.handle(messages, self._work)
                    self._many = min(self._most, 2 * self._many)
        finally:
            await puller.close()

    async def _goes_on(self, puller: Puller) -> bool:
        """Return True once the road is open, or a message is here all the same; False to stop.

        One that comes just as its pull has run out lies here unseen. Behind a closed road it would
        be delivered again meanwhile, so it is taken in hand, where it can wait.
        """
        road = self._delivery.road
        while self._running and not puller.pending:
            if road.is_open:
                return True
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await road.open()
        return puller.pending


def listen(  # noqa: PLR0913  # one argument per thing a consumer decides
    broker: NatsBroker,
    tell: Teller,
    consumer: Consumer,
    handler: Handler,
    *,
    slots: int,
    ack_wait: float,
    road: Road,
    gave_up: GaveUp | None = None,
    retried: Retried | None = None,
    metrics: Metrics | None = None,
) -> Listener:
    """Return the listener that gives this consumer's events to `handler`, one by one.

    FastStream validates and injects.
    """
    delivery = Delivery(
        consumer=consumer,
        tell=tell,
        road=road,
        ack_wait=ack_wait,
        gave_up=gave_up,
        retried=retried,
        metrics=_expecting(consumer, metrics),
    )
    work = _Injected(broker, consumer, handler)
    return Listener(broker, delivery, work, slots=slots, prepare=work.prepare)


def listen_together(  # noqa: PLR0913  # one argument per thing a consumer decides
    broker: NatsBroker,
    tell: Teller,
    consumer: Consumer,
    handler: TogetherHandler,
    *,
    slots: int,
    most: int,
    ack_wait: float,
    road: Road,
    metrics: Metrics | None = None,
) -> Listener:
    """Return the listener that gives what waits for this consumer to `handler`, `most` at a time.

    For a consumer whose work is cheaper together, in one transaction. The handler does all of it or
    raises having done nothing; then it is given the messages one by one.
    """
    delivery = Delivery(
        consumer=consumer,
        tell=tell,
        road=road,
        ack_wait=ack_wait,
        metrics=_expecting(consumer, metrics),
    )
    return Listener(broker, delivery, handler, slots=slots, most=most)


class _Injected:
    """A handler as FastStream calls it: with the event and whatever else it is annotated with."""

    def __init__(self, broker: NatsBroker, consumer: Consumer, handler: Handler) -> None:
        self._subscriber = broker.subscriber(
            stream=JStream(EVENTS, declare=False),
            durable=consumer.name,
            config=ConsumerConfig(filter_subjects=consumer.subjects),
            pull_sub=PullSub(batch_size=1, timeout=WAIT_SECONDS),
            ack_policy=AckPolicy.MANUAL,
            decoder=_decode,
        )
        self._subscriber(handler)

    async def prepare(self) -> None:
        """Read the handler's annotations; nothing is fetched."""
        await SubscriberUsecase.start(self._subscriber)

    async def __call__(self, taken: Sequence[Taken]) -> None:
        [one] = taken
        await self._subscriber.process_message(one.message)


def _expecting(consumer: Consumer, metrics: Metrics | None) -> Metrics:
    counted = metrics or Metrics()
    counted.expects(consumer.name)
    return counted


def shown(url: str) -> str:
    """Return the address without a password in it."""
    scheme, separator, place = url.rpartition("://")
    return f"{scheme}{separator}{place.rpartition('@')[2]}"


def _not_stored(subject: str, error: Exception) -> Away:
    return Away(f"JetStream did not store {subject}: {type(error).__name__}")


async def _decode(message: NatsMessage) -> Event:
    """Return the event; delivery has read the message already, before it gave it to FastStream."""
    envelope = current() or unseal(message.body, message.headers)
    return envelope.event


async def _leave(broker: NatsBroker) -> None:
    """Drain and close the connection; one that is lost, or does not drain in time, is dropped."""
    connection = broker.connection
    with suppress(*NOT_LEFT):
        async with asyncio.timeout(LEAVE_SECONDS):
            if connection.is_connected:
                await broker.stop()
    with suppress(*NOT_LEFT):
        async with asyncio.timeout(LEAVE_SECONDS):
            await connection.close()


async def _connection_lost() -> None:
    log.warning("nats_disconnected")


async def _connection_restored() -> None:
    log.info("nats_reconnected")


__all__ = (
    "Handler",
    "Listener",
    "Teller",
    "TogetherHandler",
    "listen",
    "listen_together",
    "open_broker",
    "shown",
)
