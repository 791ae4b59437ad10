"""`/metrics` of a service at work, after real messages; and what is read from Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest
from faststream import Context
from nats.js import JetStreamContext
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from techub_api.schema import OUTBOX
from techub_common.backlog import Backlog
from techub_common.database import open_sessions, transaction
from techub_common.envelope import Envelope, seal
from techub_common.errors import Away, Permanent, Transient
from techub_common.events import (
    ALL,
    AVATAR,
    AssetCaptured,
    AssetFailed,
    CaptureRequested,
    Event,
    PipelineCompleted,
    StageRecorded,
    StageStatus,
)
from techub_common.metrics import OTHER, OUTCOMES, PUBLISHED, Metrics
from techub_common.outbox import Outbox, Relay, tell_again
from techub_common.runtime import Service, _turn, opened
from techub_common.settings import AppEnv, CommonSettings
from techub_common.streams import CONSUMERS, SCREENSHOTTER
from techub_devstack.services import free_ports

LOGIN = "a-very-telling-login"
VARIANTS = {"fine", "slow"}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

NAMES = {consumer.name for consumer in CONSUMERS}
SUBJECTS = {event.subject for event in ALL} | {f"dead.{name}" for name in NAMES} | {OTHER}
CLOSED: dict[str, set[str]] = {
    "consumer": NAMES | {OTHER},
    "subject": SUBJECTS,
    "outcome": {*OUTCOMES, *PUBLISHED, *StageStatus, OTHER},
    "stage": {"capture", "optimize", OTHER},
    "variant": VARIANTS | {AVATAR, OTHER, ""},
}
"""Every label of ours that this service uses, and every value it may have."""


class Settings(CommonSettings):
    """Settings of a service made for these tests."""

    service = "screenshotter"


@dataclass
class Worker:
    """Does with each variant what its name says."""

    troubles: dict[str, list[Exception]] = field(default_factory=dict)
    at_work: asyncio.Event = field(default_factory=asyncio.Event)


async def handle(
    event: CaptureRequested,
    worker: Annotated[Worker, Context()],
    resources: Annotated[Service, Context()],
) -> None:
    """Work on the event."""
    if troubles := worker.troubles.get(event.variant):
        raise troubles.pop(0)
    if event.variant == "slow":
        worker.at_work.set()
        await asyncio.Event().wait()
    await resources.tell(
        AssetCaptured(
            run_id=event.run_id,
            login=event.login,
            kind=event.variant,
            object_key="k",
            sha256="0",
            bytes=1,
            width=1,
            height=1,
            mime="image/png",
            duration_ms=70,
        )
    )


def gave_up(event: Event, error: BaseException, attempts: int) -> AssetFailed:
    """Return the failure event."""
    return AssetFailed(
        run_id=event.run_id,
        login=event.login,
        kind=getattr(event, "variant", ""),
        stage="capture",
        code="x",
        message=str(error),
        attempts=attempts,
    )


@dataclass
class Scraper:
    """Reads what a running service shows."""

    service: Service
    http: httpx.AsyncClient

    async def __call__(self) -> Samples:
        """Return every sample of `/metrics`."""
        answer = await self.http.get("/metrics")
        assert answer.status_code == 200
        assert LOGIN not in answer.text
        return read(answer.text)

    async def until_it_serves(self) -> None:
        """Return once `/livez` answers."""
        async with asyncio.timeout(10):
            while True:
                with suppress(httpx.TransportError):
                    await self.http.get("/livez")
                    return
                await asyncio.sleep(0.02)


@asynccontextmanager
async def at_work(
    url: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scraper]:
    """Run a whole service on this loop, with little patience at its end."""
    monkeypatch.setattr("techub_common.runtime.GRACE_SECONDS", 0.1)
    [port] = free_ports(1)
    settings = Settings(nats_url=url, app_env=AppEnv.test, ack_wait_seconds=1.0, health_port=port)
    stop = asyncio.Event()
    place = f"http://127.0.0.1:{port}"
    async with (
        opened(settings) as service,
        httpx.AsyncClient(base_url=place, trust_env=False) as http,
    ):
        service.provide(worker=worker, resources=service)
        service.metrics.knows(variants=VARIANTS)
        service.hear(SCREENSHOTTER, handle, slots=2, gave_up=gave_up)
        turning = asyncio.create_task(_turn(service, stop))
        scraper = Scraper(service, http)
        await scraper.until_it_serves()
        try:
            yield scraper
        finally:
            stop.set()
            await turning


def read(text: str) -> Samples:
    """Return every sample of an exposition."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    """Return one value, 0 when it is not there."""
    return samples.get((f"techub_{name}", frozenset(labels.items())), 0.0)


def requested(variant: str) -> Envelope:
    """Return a request for a picture."""
    event = CaptureRequested(run_id=uuid4(), login=LOGIN, variant=variant, view_key="k")
    return seal(event, "/services/api")


async def test_a_service_at_work(
    js: JetStreamContext, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every outcome is counted once, with its times, under labels from closed sets only."""
    worker = Worker(
        {
            "again": [Transient("busy", code="chromium_failed", retry_after=0.1)],
            "away": [Away("store")],
            "never": [Permanent("no", code="unknown_variant")],
        }
    )
    mine = {"consumer": "screenshotter"}
    async with at_work(nats_url, worker, monkeypatch) as scraped:
        before = await scraped()
        for variant in ("fine", "fine", "again", "away", "never"):
            sealed = requested(variant)
            await js.publish(sealed.event.subject, sealed.body(), headers=sealed.headers())
        await js.publish(CaptureRequested.subject, b"nonsense")
        async with asyncio.timeout(15):
            while value(after := await scraped(), "messages_total", **mine, outcome="done") < 4:
                await asyncio.sleep(0.05)
        sealed = requested("slow")
        await js.publish(sealed.event.subject, sealed.body(), headers=sealed.headers())
        await asyncio.wait_for(worker.at_work.wait(), 10)
    given_back = scraped.service.registry.get_sample_value(
        "techub_messages_total", mine | {"outcome": "given_back"}
    )

    assert {value(before, "messages_total", **mine, outcome=each) for each in OUTCOMES} == {0}
    outcomes = {each: value(after, "messages_total", **mine, outcome=each) for each in OUTCOMES}
    assert outcomes == {"done": 4, "retried": 1, "given_up": 1, "unreadable": 1, "given_back": 0}
    assert given_back == 1
    assert value(after, "message_seconds_count", **mine) == 7
    assert value(after, "message_seconds_sum", **mine) > 0.3  # `away` was waited for in place
    assert value(after, "queue_seconds_count", **mine) == 5
    assert value(after, "queue_seconds_bucket", **mine, le="10.0") == 5
    assert value(after, "redeliveries_total", **mine) == 1
    assert value(after, "dead_letters_total", **mine) == 2
    assert value(after, "outages_total") == 1
    assert value(after, "outage_seconds") == 0
    assert value(after, "publishes_total", subject="asset.captured", outcome="stored") == 4
    assert value(after, "publishes_total", subject="dead.screenshotter", outcome="stored") == 2
    assert value(after, "publish_seconds_count") == 7
    assert value(after, "steps_total", stage="capture", variant="fine", outcome="completed") == 2
    assert value(after, "steps_total", stage="capture", variant=OTHER, outcome="failed") == 1
    seconds = value(after, "step_seconds_sum", stage="capture", variant="fine")
    assert seconds == pytest.approx(0.14)
    assert value(after, "nats_violations_total") == 0
    bounded(after)


def bounded(samples: Samples) -> None:
    """Every label of ours is one of the known, and has one of the known values."""
    for name, labels in samples:
        if name.startswith("techub_"):
            for label, found in labels:
                assert label == "le" or found in CLOSED[label], f"{name} {label}={found}"


class Publisher:
    """Stores whatever it is given, unless it is away."""

    def __init__(self) -> None:
        self.seq = 0
        self.away = False

    async def publish(self, *_: object) -> "Publisher":
        """Store."""
        if self.away:
            raise Away("JetStream")
        self.seq += 1
        return self


async def test_the_outbox(api_database: str) -> None:
    """What is committed counts, what is rolled back does not; the backlog is what is not told."""
    registry = CollectorRegistry()
    outbox = Outbox(OUTBOX, "/services/api", Metrics(registry))
    publisher = Publisher()
    get = registry.get_sample_value
    async with open_sessions(api_database) as sessions:
        relay = Relay(outbox, sessions, publisher)
        backlog = Backlog(outbox, sessions, registry)
        done = ended()
        async with transaction(sessions) as session:
            outbox.tell(session, done, line(done))
        with pytest.raises(LookupError):
            await _rolled_back(sessions, outbox)
        await backlog.look()
        waiting, age = get("techub_outbox_rows"), get("techub_outbox_oldest_seconds")
        await relay.relay_once()
        await backlog.look()
        async with transaction(sessions) as session:
            row = (await session.execute(OUTBOX.select().limit(1))).one()
            assert await tell_again(session, OUTBOX, row)
        await relay.relay_once()

    ran = {"status": "success", "trigger": "submit"}
    assert waiting == 2
    assert age is not None
    assert 0 < age < 60
    assert get("techub_outbox_rows") == 0
    assert get("techub_outbox_oldest_seconds") == 0
    assert get("techub_runs_total", ran) == 1
    assert get("techub_run_seconds_sum", {"status": "success"}) == 12
    assert get("techub_retells_total", {"subject": "pipeline.completed"}) == 1


async def test_a_backlog_nobody_can_read_is_unknown() -> None:
    """While Postgres is away the gauges hold no number, least of all an old one."""
    registry = CollectorRegistry()
    async with open_sessions("postgresql+asyncpg://nobody@127.0.0.1:1/none") as sessions:
        await Backlog(Outbox(OUTBOX, "/services/api"), sessions, registry).look()

    rows = registry.get_sample_value("techub_outbox_rows")
    assert rows != rows  # noqa: PLR0124  # NaN


async def _rolled_back(sessions: Any, outbox: Outbox) -> None:
    async with transaction(sessions) as session:
        outbox.tell(session, ended())
        raise LookupError


def ended() -> PipelineCompleted:
    """Return the end of a run."""
    return PipelineCompleted.model_validate(
        {
            "run_id": uuid4(),
            "login": LOGIN,
            "profile_id": uuid4(),
            "trigger": "submit",
            "notify": "owners",
            "duration_ms": 12_000,
        }
    )


def line(event: Event) -> StageRecorded:
    """Return a line of its story."""
    return StageRecorded.model_validate(
        {
            "run_id": event.run_id,
            "login": event.login,
            "stage": "capture:fine",
            "status": "retrying",
            "started_at": "2026-01-01T00:00:00Z",
        }
    )
