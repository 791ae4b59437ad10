"""Messages whose consumer died ten times over become dead letters and failed steps."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_common.dead import DeadLetter
from techub_common.envelope import handling, unseal
from techub_common.errors import Away, Permanent, Transient
from techub_common.events import (
    AssetCaptured,
    AssetFailed,
    CaptureRequested,
    CardFailed,
    Event,
    PipelineStarted,
)
from techub_common.streams import ADVISORIES, ADVISORY_CONSUMER, EVENTS

log = structlog.get_logger()

MAX_DELIVERIES: Final = "io.nats.jetstream.advisory.v1.max_deliver"
CODE: Final = "consumer_died"
AGAIN_SECONDS: Final = 5.0


def died(deliveries: int) -> Permanent:
    """Return the error of a message whose consumer never came to settling it."""
    message = f"delivered {deliveries} times and never settled: its consumer died each time"
    return Permanent(message, code=CODE)


def card_failed(event: PipelineStarted, attempts: int) -> CardFailed:
    """Return what a generator that kept dying could not tell."""
    message = str(died(attempts))
    return CardFailed(
        run_id=event.run_id, login=event.login, stage="pipeline", code=CODE, message=message
    )


def capture_failed(event: CaptureRequested, attempts: int) -> AssetFailed:
    """Return what a screenshotter that kept dying could not tell."""
    return AssetFailed(
        run_id=event.run_id,
        login=event.login,
        kind=event.variant,
        stage="capture",
        code=CODE,
        message=str(died(attempts)),
        attempts=attempts,
    )


def optimize_failed(event: AssetCaptured, attempts: int) -> AssetFailed:
    """Return what an optimizer that kept dying could not tell."""
    return AssetFailed(
        run_id=event.run_id,
        login=event.login,
        kind=event.kind,
        stage="optimize",
        code=CODE,
        message=str(died(attempts)),
        attempts=attempts,
    )


FAILURES: Final[Mapping[type[Event], Callable[[Any, int], Event]]] = {
    PipelineStarted: card_failed,
    CaptureRequested: capture_failed,
    AssetCaptured: optimize_failed,
}


class Advisories:
    """Hears from the server what no consumer could tell."""

    def __init__(self, resources: Resources, js: JetStreamContext) -> None:
        self._resources = resources
        self._js = js

    async def run(self) -> None:
        """Hear for ever; while JetStream is away, look again every second."""
        subscription = await self._js.pull_subscribe_bind(ADVISORY_CONSUMER, ADVISORIES)
        try:
            while True:
                await self._hear(subscription)
        finally:  # an unread answer would hold up the connection's drain for 30 s
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _hear(self, subscription: JetStreamContext.PullSubscription) -> None:
        try:
            [message] = await subscription.fetch(1, timeout=2)
            await self.settle(message)
        except (NatsTimeoutError, TimeoutError):
            return
        except (NatsError, Away) as error:
            log.warning("advisories_waiting", error=str(error) or type(error).__name__)
            await asyncio.sleep(1)

    async def settle(self, message: Msg) -> None:
        """Bury what the advisory names, fail its step, and only then acknowledge."""
        advisory = json.loads(message.data)
        if advisory.get("type") == MAX_DELIVERIES:
            try:
                await self._give_up(
                    advisory["consumer"], advisory["stream_seq"], advisory["deliveries"]
                )
            except Transient:
                await message.nak(delay=AGAIN_SECONDS)
                return
        await message.ack()

    async def _give_up(self, consumer: str, sequence: int, deliveries: int) -> None:
        try:
            stored: RawStreamMsg = await self._js.get_msg(EVENTS, seq=sequence)
        except NotFoundError:
            log.warning("advisory_stale", consumer=consumer, sequence=sequence)
            return
        letter = DeadLetter(
            body=stored.data or b"",
            headers=stored.headers or {},
            subject=stored.subject or "",
            sequence=sequence,
            consumer=consumer,
            attempts=deliveries,
            error=died(deliveries),
        )
        await self._resources.tell.bury(letter)
        log.error("message_buried", consumer=consumer, code=CODE, sequence=sequence)
        try:
            envelope = unseal(letter.body, letter.headers)
            failure = FAILURES.get(type(envelope.event))
            if failure is not None:
                with handling(envelope):
                    await keep_ledger(failure(envelope.event, deliveries), self._resources)
        except Permanent as error:
            log.warning("advisory_without_a_run", consumer=consumer, error=str(error))
