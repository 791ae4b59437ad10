"""What is counted, under which labels, without a server."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from techub_common import events
from techub_common.delivery import Road
from techub_common.errors import Away
from techub_common.events import Degradation, Event, StageStatus
from techub_common.metrics import OTHER, Metrics


@pytest.fixture
def registry() -> CollectorRegistry:
    """Give an empty registry."""
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    """Give metrics in that registry."""
    return Metrics(registry)


def ended(kind: type[events.Ended]) -> events.Ended:
    """Return the end of a run that took 12 s."""
    return kind(
        run_id=uuid4(),
        login="pip",
        profile_id=uuid4(),
        trigger=events.Trigger.submit,
        notify=events.Notify.owners,
        duration_ms=12_000,
    )


def stage(name: str, status: StageStatus, duration_ms: int | None = 40) -> events.StageRecorded:
    """Return a line of the story."""
    return events.StageRecorded(
        run_id=uuid4(),
        login="pip",
        stage=name,
        status=status,
        started_at=datetime.now(UTC),
        duration_ms=duration_ms,
    )


def recorded(kind: str, *lost: Degradation) -> events.AssetRecorded:
    """Return a picture made small in 30 ms."""
    return events.AssetRecorded(
        run_id=uuid4(),
        login="pip",
        kind=kind,
        provider="vips",
        renditions=(),
        bytes_before=9,
        engine="vips",
        duration_ms=30,
        degradations=lost,
    )


@pytest.mark.parametrize(
    ("event", "name", "labels"),
    [
        (ended(events.PipelineCompleted), "runs", {"status": "success", "trigger": "submit"}),
        (ended(events.PipelinePartial), "runs", {"status": "partial_success", "trigger": "submit"}),
        (ended(events.PipelineFailed), "runs", {"status": "failure", "trigger": "submit"}),
        (
            stage("pull_github_data", StageStatus.failed),
            "steps",
            {"stage": "pull_github_data", "variant": "", "outcome": "failed"},
        ),
        (
            stage("capture:og", StageStatus.retrying),
            "steps",
            {"stage": "capture", "variant": "og", "outcome": "retrying"},
        ),
        (recorded("og"), "steps", {"stage": "optimize", "variant": "og", "outcome": "completed"}),
        (
            recorded("avatar", Degradation(stage="optimize", reason="x")),
            "steps",
            {"stage": "optimize", "variant": "avatar", "outcome": "degraded"},
        ),
    ],
)
def test_a_fact_is_counted_once(
    metrics: Metrics, registry: CollectorRegistry, event: Event, name: str, labels: dict[str, str]
) -> None:
    """What is told is counted under what it says."""
    metrics.knows(stages=["pull_github_data"], variants=["og"])

    metrics.told(event)

    assert registry.get_sample_value(f"techub_{name}_total", labels) == 1


def test_durations_are_those_of_the_facts(metrics: Metrics, registry: CollectorRegistry) -> None:
    """A run's and a step's seconds are taken from the fact; a failed step has none."""
    metrics.knows(variants=["og"])
    for event in (
        ended(events.PipelineFailed),
        recorded("og"),
        stage("optimize:og", StageStatus.failed),
        stage("optimize:og", StageStatus.started),
    ):
        metrics.told(event)

    step = {"stage": "optimize", "variant": "og"}
    value = registry.get_sample_value
    assert value("techub_run_seconds_sum", {"status": "failure"}) == 12
    assert value("techub_step_seconds_sum", step) == pytest.approx(0.03)
    assert value("techub_step_seconds_count", step) == 1


def test_bytes_of_a_picture(metrics: Metrics, registry: CollectorRegistry) -> None:
    """Each file is counted beside what it was made of, so that their ratio is what is left."""
    file = {"object_key": "k", "sha256": "0", "width": 1, "height": 1, "mime": "image/x"}
    forms = {"webp": 12_000, "png": 40_000, "jxl": 1}
    files = [file | {"format": form, "bytes": count} for form, count in forms.items()]
    renditions = tuple(map(events.Rendition.model_validate, files))
    more = {"bytes_before": 100_000, "renditions": renditions}
    metrics.told(recorded("og").model_copy(update=more))

    def counted(form: str) -> list[float | None]:
        labels = [{"format": form, "when": when} for when in ("captured", "optimized")]
        return [registry.get_sample_value("techub_picture_bytes_total", one) for one in labels]

    assert counted("webp") == [100_000, 12_000]
    assert counted("png") == [100_000, 40_000]
    assert counted(OTHER) == [100_000, 1]


def test_what_models_took(metrics: Metrics, registry: CollectorRegistry) -> None:
    """Every question counts with its tokens and cost; the kinds of failure are one."""
    call = {"provider": "vertex", "model": "m", "tokens_in": 10, "tokens_out": 5}
    drawn = {"outcome": "answered", "cost_micros": 250_000, "purpose": "artwork"}
    strange = {"outcome": "answered", "provider": "a-new-one", "purpose": "poems"}
    card = {"run_id": uuid4(), "login": "pip", "github_id": 1, "artifacts": {}}
    calls = [call | {"outcome": "timed_out"}, call | drawn, call | strange]
    metrics.told(events.CardGenerated.model_validate(card | {"calls": calls}))
    lost = {"run_id": uuid4(), "login": "pip", "stage": "x", "code": "x", "message": "x"}
    metrics.told(
        events.CardFailed.model_validate(lost | {"calls": [call | {"outcome": "blocked"}]})
    )
    value = registry.get_sample_value
    failed = {"provider": "vertex", "purpose": "traits", "outcome": "failed"}
    other = {"provider": OTHER, "purpose": OTHER, "outcome": "answered"}

    assert value("techub_model_calls_total", failed) == 2
    assert value("techub_model_calls_total", other) == 1
    assert value("techub_model_tokens_total", {"provider": "vertex", "direction": "in"}) == 30
    assert value("techub_model_dollars_total", {"provider": "vertex"}) == 0.25


def test_what_is_not_known_has_no_label_of_its_own(
    metrics: Metrics, registry: CollectorRegistry
) -> None:
    """Names from outside never become labels, however many there are."""
    for number in range(100):
        metrics.told(stage(f"stage-{number}:variant-{number}", StageStatus.completed))
        metrics.buried(f"techub-cli-{number}")
        metrics.published(f"subject.{number}", "stored")
        metrics.told_again(f"subject.{number}")
        metrics.settled("ledger", f"outcome-{number}")

    samples = [sample for family in registry.collect() for sample in family.samples]
    values = {value for sample in samples for value in sample.labels.values()}
    assert not any(value.rpartition("-")[2].isdigit() for value in values)
    assert OTHER in values
    assert len(samples) < 400


def test_waiting_is_what_the_first_delivery_waited(
    metrics: Metrics, registry: CollectorRegistry
) -> None:
    """A redelivery is counted as one; clocks that disagree or have no zone break nothing."""
    now = datetime.now(UTC)
    for deliveries, told_at in (
        (1, now - timedelta(seconds=3)),
        (1, now + timedelta(seconds=60)),
        (1, datetime(2026, 1, 1)),  # noqa: DTZ001  # a stranger's clock
        (2, now - timedelta(hours=1)),
    ):
        metrics.delivered("ledger", deliveries, told_at)

    ledger = {"consumer": "ledger"}
    value = registry.get_sample_value
    assert value("techub_queue_seconds_count", ledger) == 3
    assert value("techub_queue_seconds_bucket", ledger | {"le": "0.002"}) == 1
    assert value("techub_redeliveries_total", ledger) == 1


async def test_an_outage_is_shown_while_it_lasts(
    metrics: Metrics, registry: CollectorRegistry
) -> None:
    """One outage is counted once, however many wait and however often they look."""
    seen: list[Any] = []

    async def look(_: float) -> None:
        seen.append(registry.get_sample_value("techub_outage_seconds"))

    async def work() -> None:
        if len(seen) < 3:
            raise Away("store")

    road = Road(metrics, pause=look)
    await road.until_back(work)

    assert len(seen) == 3
    assert all(seconds > 0 for seconds in seen)
    assert registry.get_sample_value("techub_outage_seconds") == 0
    assert registry.get_sample_value("techub_outages_total") == 1


def test_counters_stand_at_zero_before_anything_happens(
    metrics: Metrics, registry: CollectorRegistry
) -> None:
    """A consumer's counters exist from the start, so that the first one is a rise."""
    metrics.expects("optimizer")

    dead = registry.get_sample_value("techub_dead_letters_total", {"consumer": "optimizer"})
    assert dead == 0
