"""Every stream, subject and consumer of the system, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from techub_common import events
from techub_common.events import Event

DAY: Final = 86_400.0
GIB: Final = 1 << 30

EVENTS: Final = "EVENTS"
ADVISORIES: Final = "ADVISORIES"
DEAD: Final = "DEAD"

DEAD_PREFIX: Final = "dead."
ADVISORY_CONSUMER: Final = "advisories"
MAX_DELIVER: Final = 10


@dataclass(frozen=True, slots=True)
class Consumer:
    """A durable pull consumer of the EVENTS stream; it has exactly one subscriber in code.

    A message whose handler raised `attempts` times is given up (`max_deliver` 10 is the net for
    consumers that die without running their own code). `limit` is how many seconds one attempt may
    take.
    """

    name: str
    hears: tuple[type[Event], ...]
    attempts: int = 3
    limit: float = 60.0

    @property
    def subjects(self) -> list[str]:
        """Return the filter subjects."""
        return [event.subject for event in self.hears]


GENERATOR: Final = Consumer("generator", (events.PipelineStarted,), limit=150.0)
SCREENSHOTTER: Final = Consumer("screenshotter", (events.CaptureRequested,), attempts=5)
OPTIMIZER: Final = Consumer("optimizer", (events.AssetCaptured,))
LEDGER: Final = Consumer(
    "ledger",
    (
        events.StageRecorded,
        events.CardGenerated,
        events.CardFailed,
        events.AssetCaptured,
        events.AssetRecorded,
        events.AssetFailed,
        events.NotificationRecorded,
    ),
)
NOTIFIER: Final = Consumer(
    "notifier",
    (
        events.PipelineCompleted,
        events.PipelinePartial,
        events.PipelineFailed,
        events.AddressChanged,
        events.MailReported,
        events.BudgetExhausted,
        events.HealthChanged,
    ),
)
CONSUMERS: Final = (GENERATOR, SCREENSHOTTER, OPTIMIZER, LEDGER, NOTIFIER)

TOLD_BY: Final[Mapping[str, tuple[type[Event], ...]]] = {
    "api": (
        events.PipelineStarted,
        events.CaptureRequested,
        events.PipelineCompleted,
        events.PipelinePartial,
        events.PipelineFailed,
        events.PipelineCanceled,
        events.AddressChanged,
        events.MailReported,
        events.BudgetExhausted,
        events.HealthChanged,
    ),
    "generator": (
        events.StageRecorded,
        events.CardGenerated,
        events.CardFailed,
        events.AssetCaptured,
    ),
    "screenshotter": (events.StageRecorded, events.AssetCaptured, events.AssetFailed),
    "optimizer": (events.StageRecorded, events.AssetRecorded, events.AssetFailed),
    "notifier": (events.NotificationRecorded,),
}


def stream_configs(replicas: int = 1) -> tuple[StreamConfig, ...]:
    """Return the three streams; `replicas` is 3 in production and 1 on one server."""
    return (
        _stream(EVENTS, [event.subject for event in events.ALL], 14 * DAY, 4 * GIB, replicas),
        _stream(
            ADVISORIES,
            [
                f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{EVENTS}.>",
                f"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.{EVENTS}.>",
            ],
            14 * DAY,
            GIB // 4,
            replicas,
        ),
        _stream(DEAD, [f"{DEAD_PREFIX}>"], 30 * DAY, GIB, replicas),
    )


def _stream(
    name: str, subjects: list[str], max_age: float, max_bytes: int, replicas: int
) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=max_age,
        max_bytes=max_bytes,
        duplicate_window=3600.0,
        num_replicas=replicas,
    )


def consumer_config(consumer: Consumer, ack_wait: float) -> ConsumerConfig:
    """Return the durable's configuration; `ack_wait` is in seconds."""
    return ConsumerConfig(
        durable_name=consumer.name,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ack_wait,
        max_deliver=MAX_DELIVER,
        max_ack_pending=1000,
        filter_subjects=consumer.subjects,
    )


def advisory_config(ack_wait: float) -> ConsumerConfig:
    """Return the durable through which the api hears of messages nobody could settle."""
    return ConsumerConfig(
        durable_name=ADVISORY_CONSUMER,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ack_wait,
        max_deliver=-1,
    )


async def heal(js: JetStreamContext, *, ack_wait: float, replicas: int = 1) -> list[str]:
    """Create what is missing, alter nothing, and return what was created.

    A lost store comes back empty but whole; what it held is told again by the sweep.
    """
    made = []
    for config in stream_configs(replicas):
        try:
            await js.stream_info(str(config.name))
        except NotFoundError:
            await js.add_stream(config)
            made.append(f"stream {config.name}")
    for stream, wanted in durables(ack_wait):
        try:
            await js.consumer_info(stream, str(wanted.durable_name))
        except NotFoundError:
            await js.add_consumer(stream, wanted)
            made.append(f"consumer {wanted.durable_name}")
    return made


def durables(ack_wait: float) -> list[tuple[str, ConsumerConfig]]:
    """Return every durable with the stream it belongs to."""
    listed = [(EVENTS, consumer_config(consumer, ack_wait)) for consumer in CONSUMERS]
    return [*listed, (ADVISORIES, advisory_config(ack_wait))]


async def declare(js: JetStreamContext, *, ack_wait: float, replicas: int = 1) -> None:
    """Create or bring up to date every stream and consumer; done by the migration step only."""
    for config in stream_configs(replicas):
        try:
            await js.stream_info(str(config.name))
        except NotFoundError:
            await js.add_stream(config)
        else:
            await js.update_stream(config)
    for stream, wanted in durables(ack_wait):
        await js.add_consumer(stream, wanted)
