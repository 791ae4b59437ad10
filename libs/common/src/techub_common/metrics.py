"""What every service counts; every label has a closed set of values, none is a login or a run."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from techub_common.events import (
    ALL,
    FROM_OUTSIDE,
    AssetCaptured,
    AssetFailed,
    AssetRecorded,
    CardFailed,
    CardGenerated,
    Ended,
    Event,
    ModelCall,
    NotificationRecorded,
    PipelineCanceled,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    PipelineStarted,
    StageRecorded,
    StageStatus,
)
from techub_common.streams import CONSUMERS, DEAD_PREFIX

OTHER: Final = "other"
OUTCOMES: Final = ("done", "retried", "given_up", "unreadable", "given_back")
PUBLISHED: Final = ("stored", "twin", "away", "refused")
MAKES_PICTURES: Final = ("capture", "optimize")
FORMATS: Final = ("png", "webp", "jpeg", "avif", "thumbnail")
PROVIDERS: Final = ("ai_studio", "vertex")
PURPOSES: Final = ("traits", "description", "artwork")
ANSWERS: Final = ("answered", "invalid")
MICROS: Final = 1_000_000

_STATUSES: Final = {
    PipelineCompleted: "success",
    PipelinePartial: "partial_success",
    PipelineFailed: "failure",
}
_NAMES: Final = frozenset(consumer.name for consumer in CONSUMERS)
_SUBJECTS: Final = frozenset(
    [event.subject for event in ALL] + [f"{DEAD_PREFIX}{name}" for name in _NAMES]
)
_MADE: Final = (StageStatus.completed, StageStatus.degraded)
_HOPS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150, 600)
_RUNS: Final = (1, 2.5, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


class Metrics:
    """The metrics of one service, in its registry; without one, in a registry of their own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._stages = set(MAKES_PICTURES)
        self._variants = set(FROM_OUTSIDE)
        self._messages = self._counter("messages", "Messages settled", "consumer", "outcome")
        self._seconds = self._histogram("message_seconds", "Fetched to settled", _HOPS, "consumer")
        self._queue = self._histogram(
            "queue_seconds", "Told to first delivered, by the clocks of both", _HOPS, "consumer"
        )
        self._redeliveries = self._counter(
            "redeliveries", "Messages delivered once more", "consumer"
        )
        self._dead = self._counter("dead_letters", "Dead letters written", "consumer")
        self._publishes = self._counter("publishes", "Publishes to streams", "subject", "outcome")
        self._acks = self._histogram("publish_seconds", "Published to acknowledged", _HOPS)
        self._again = self._counter("retells", "Facts published under a raised tell", "subject")
        self._started = self._counter("runs_started", "Runs started", "trigger")
        self._runs = self._counter("runs", "Runs ended", "status", "trigger")
        self._run = self._histogram("run_seconds", "Submitted to ended", _RUNS, "status")
        self._steps = self._counter("steps", "Steps", "stage", "variant", "outcome")
        self._step = self._histogram(
            "step_seconds", "How long a finished step took", _HOPS, "stage", "variant"
        )
        self._mails = self._counter("notifications", "What came of telling people", "outcome")
        self._bytes = self._counter(
            "picture_bytes", "Bytes of pictures as captured and as optimized", "format", "when"
        )
        self._calls = self._counter(
            "model_calls", "Questions to models", "provider", "purpose", "outcome"
        )
        self._tokens = self._counter("model_tokens", "Tokens of models", "provider", "direction")
        self._dollars = self._counter("model_dollars", "What they cost, estimated", "provider")
        self._questions = self._counter("questions", "Answered questions", "subject", "outcome")
        self.outages = self._counter("outages", "Times something of ours was found away")
        self.violations = self._counter("nats_violations", "What NATS did not permit us to do")
        self.outage_seconds = Gauge(
            "techub_outage_seconds",
            "How long something of ours has been away; 0 while all is there",
            registry=self.registry,
        )

    def knows(self, *, stages: Collection[str] = (), variants: Collection[str] = ()) -> None:
        """Give these stages and variants a label of their own; others are counted as `other`."""
        self._stages.update(stages)
        self._variants.update(variants)

    def expects(self, consumer: str) -> None:
        """Show the consumer's counters before there is anything to count."""
        for outcome in OUTCOMES:
            self._messages.labels(consumer, outcome)
        self._redeliveries.labels(consumer)
        self._dead.labels(consumer)

    def delivered(self, consumer: str, deliveries: int, told_at: datetime | None = None) -> None:
        """Count a delivery; only the first says how long the message had been waiting."""
        if deliveries > 1:
            self._redeliveries.labels(consumer).inc()
        elif told_at is not None:
            told_at = told_at if told_at.tzinfo else told_at.replace(tzinfo=UTC)
            waited = (datetime.now(UTC) - told_at).total_seconds()
            self._queue.labels(consumer).observe(max(0.0, waited))

    def settled(self, consumer: str, outcome: str, seconds: float | None = None) -> None:
        """Count what became of a message, and how long that took when it was worked on."""
        self._messages.labels(consumer, _known(outcome, OUTCOMES)).inc()
        if seconds is not None:
            self._seconds.labels(consumer).observe(seconds)

    def buried(self, consumer: str) -> None:
        """Count a dead letter."""
        self._dead.labels(_known(consumer, _NAMES)).inc()

    def published(self, subject: str, outcome: str, seconds: float | None = None) -> None:
        """Count a publish: stored, a twin of what was stored, away, or refused."""
        self._publishes.labels(_known(subject, _SUBJECTS), _known(outcome, PUBLISHED)).inc()
        if seconds is not None:
            self._acks.observe(seconds)

    def told_again(self, subject: str) -> None:
        """Count a fact that was published under a raised tell."""
        self._again.labels(_known(subject, _SUBJECTS)).inc()

    def answered(self, subject: str, *, well: bool) -> None:
        """Count an answered question; the caller's subjects are a closed set."""
        self._questions.labels(subject, "answered" if well else "refused").inc()

    def told(self, event: Event) -> None:
        """Count what a fact says of a run, a step or a mail."""
        match event:
            case PipelineStarted():
                self._started.labels(event.trigger).inc()
            case Ended():
                status = _STATUSES.get(type(event), OTHER)
                self._runs.labels(status, event.trigger).inc()
                self._run.labels(status).observe(event.duration_ms / 1000)
            case PipelineCanceled():
                self._runs.labels("canceled", "").inc()
            case StageRecorded():
                self._told_stage(event)
            case CardGenerated() | CardFailed():
                for call in event.calls:
                    self._told_call(call)
            case NotificationRecorded():
                for outcome, count in event.counts.items():
                    self._mails.labels(outcome).inc(count)
            case _:
                self._told_picture(event)

    def _told_picture(self, event: Event) -> None:
        match event:
            case AssetCaptured() if event.kind not in FROM_OUTSIDE:  # those were stages
                self._count("capture", event.kind, StageStatus.completed, event.duration_ms)
            case AssetRecorded():
                status = StageStatus.degraded if event.degradations else StageStatus.completed
                self._count("optimize", event.kind, status, event.duration_ms)
                self._told_bytes(event)
            case AssetFailed():
                self._count(event.stage, event.kind, StageStatus.failed)
            case _:
                pass

    def _told_bytes(self, event: AssetRecorded) -> None:
        """Count what a picture was for each of its files, and what the file is: their ratio."""
        for file in event.renditions:
            form = _known(file.format, FORMATS)
            self._bytes.labels(form, "captured").inc(event.bytes_before)
            self._bytes.labels(form, "optimized").inc(file.bytes)

    def _told_call(self, call: ModelCall) -> None:
        provider = _known(call.provider, PROVIDERS)
        outcome = call.outcome if call.outcome in ANSWERS else "failed"
        self._calls.labels(provider, _known(call.purpose, PURPOSES), outcome).inc()
        self._tokens.labels(provider, "in").inc(call.tokens_in)
        self._tokens.labels(provider, "out").inc(call.tokens_out)
        self._dollars.labels(provider).inc(call.cost_micros / MICROS)

    def _told_stage(self, event: StageRecorded) -> None:
        if event.status is not StageStatus.started:
            stage, _, variant = event.stage.partition(":")
            self._count(stage, variant, event.status, event.duration_ms)

    def _count(
        self, stage: str, variant: str, status: StageStatus, duration_ms: int | None = None
    ) -> None:
        stage = _known(stage, self._stages)
        variant = variant and _known(variant, self._variants)
        self._steps.labels(stage, variant, status).inc()
        if duration_ms is not None and status in _MADE:
            self._step.labels(stage, variant).observe(duration_ms / 1000)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"techub_{name}", says, labels, registry=self.registry)

    def _histogram(
        self, name: str, says: str, buckets: Collection[float], *labels: str
    ) -> Histogram:
        return Histogram(
            f"techub_{name}", says, labels, buckets=tuple(buckets), registry=self.registry
        )


def _known(value: str, known: Collection[str]) -> str:
    return value if value in known else OTHER
