"""Whose trace something is in, with somebody who notes it and without."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler
from opentelemetry.trace import SpanKind, StatusCode

from techub_common import tracing
from techub_common.envelope import Envelope, handling, seal, unseal
from techub_common.errors import Permanent
from techub_common.events import CaptureRequested
from techub_common.exporting import Ids, Share, sampler_of
from techub_common.settings import CommonSettings

RUN = UUID("00000000-0000-4000-8000-000000000001")


class Settings(CommonSettings):
    """Settings of no service."""

    service = "api"


def requested(run_id: UUID = RUN) -> CaptureRequested:
    """Return a request for one picture."""
    return CaptureRequested(run_id=run_id, login="pip", variant="og", view_key="v")


@pytest.fixture
def noted() -> Iterator[InMemorySpanExporter]:
    """Note what happens in the test, and give where it is noted."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(id_generator=Ids(), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with tracing.noting(provider.get_tracer("tests")):
        yield exporter
    provider.shutdown()


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Return what was noted by name."""
    return {span.name: span for span in exporter.get_finished_spans()}


def trace_of(span: ReadableSpan) -> int:
    """Return the trace a span is in."""
    assert span.context
    return span.context.trace_id


def parent_of(span: ReadableSpan) -> int | None:
    """Return the id of the span above."""
    return span.parent.span_id if span.parent else None


def received(envelope: Envelope, deliveries: int = 1) -> tracing.Span:
    """Return the span of working on a message."""
    return tracing.received("capture.requested", envelope.traceparent, "screenshotter", deliveries)


def test_a_run_has_the_trace_of_its_id() -> None:
    """Who tells something of a run without a cause is in the trace of its id, unnoted too."""
    assert seal(requested(), "/services/api").trace_id == RUN.hex
    assert seal(requested(), "/services/notifier").trace_id == RUN.hex


def test_a_fact_told_before_this_rule_keeps_its_trace() -> None:
    """What is told in the effect of an older fact stays in that fact's trace."""
    document = json.loads(seal(requested(), "/services/api").body())
    document["traceparent"] = f"00-{'a' * 32}-{'b' * 16}-00"
    with handling(unseal(json.dumps(document).encode())):
        effect, elsewhere = (
            seal(requested(), "/services/x"),
            seal(requested(uuid4()), "/services/x"),
        )

    assert (effect.trace_id, effect.traceparent[-2:]) == ("a" * 32, "00")
    assert elsewhere.trace_id == elsewhere.event.run_id.hex


def test_the_first_run_of_a_request_is_in_its_trace() -> None:
    """A request gives its trace to one run, a second has its own; elsewhere every id is new."""
    with tracing.request("POST") as (trace, _):
        first, second = tracing.new_run_id(), tracing.new_run_id()
    with tracing.request("POST") as (other, _):
        third = tracing.new_run_id()

    assert [first.hex, third.hex] == [trace, other]
    assert second.hex not in {trace, other}
    assert tracing.new_run_id() != tracing.new_run_id()


def test_from_the_request_to_the_effect(noted: InMemorySpanExporter) -> None:
    """Request, fact, publish, work and the next fact are one trace, each below the one before."""
    with tracing.request("POST") as (trace, _):
        run_id = tracing.new_run_id()
        fact = seal(requested(run_id), "/services/api")
    with tracing.sending("capture.requested", fact.headers()["traceparent"]):
        pass
    work = received(fact)
    with handling(fact), tracing.within(work):
        with tracing.span("part"):
            effect = seal(requested(run_id), "/services/screenshotter")
        tracing.ended(work, "done", well=True)
    found = noted.get_finished_spans()
    names = {span.name for span in found}
    [create, again] = [span for span in found if span.name == "create capture.requested"]
    by_name = spans(noted)

    assert names == {
        "POST",
        "create capture.requested",
        "send capture.requested",
        "process capture.requested",
        "part",
    }
    assert {f"{trace_of(span):032x}" for span in found} == {trace} == {effect.trace_id}
    assert parent_of(create) == by_name["POST"].context.span_id  # type: ignore[union-attr]
    assert parent_of(by_name["send capture.requested"]) == create.context.span_id  # type: ignore[union-attr]
    assert parent_of(by_name["process capture.requested"]) == create.context.span_id  # type: ignore[union-attr]
    assert parent_of(again) == by_name["part"].context.span_id  # type: ignore[union-attr]
    assert not any(span.links for span in found)


def test_a_redelivery_links_to_the_fact(noted: InMemorySpanExporter) -> None:
    """Working on a message once more is in the same trace, and linked to what was told."""
    fact = seal(requested(), "/services/api")
    for deliveries in (1, 2):
        tracing.ended(received(fact, deliveries), "retried", well=False)
    create, first, second = noted.get_finished_spans()

    assert {trace_of(span) for span in (create, first, second)} == {RUN.int}
    assert not first.links
    [link] = second.links
    assert link.context.span_id == create.context.span_id  # type: ignore[union-attr]
    assert dict(link.attributes or {}) == {"messaging.nats.deliveries": 2}
    assert second.status.status_code is StatusCode.ERROR


def test_what_is_told_of_another_run_is_linked(noted: InMemorySpanExporter) -> None:
    """A request that tells something of a run that is not its own leaves a link to itself."""
    with tracing.request("POST") as (trace, _):
        seal(requested(), "/services/api")
    told = spans(noted)["create capture.requested"]

    assert trace_of(told) == RUN.int != int(trace, 16)
    assert [link.context.trace_id for link in told.links] == [int(trace, 16)]


def test_several_at_once(noted: InMemorySpanExporter) -> None:
    """What is done for several messages together has a trace of its own, linked to each."""
    facts = [seal(requested(uuid4()), "/services/api") for _ in range(3)]
    work = [received(fact) for fact in facts]
    with tracing.together("process ledger", work), tracing.within(work[1]):
        effect = seal(requested(facts[1].event.run_id), "/services/api")
    batch = spans(noted)["process ledger"]

    assert {link.context.trace_id for link in batch.links} == {
        one.event.run_id.int for one in facts
    }
    assert effect.trace_id == facts[1].event.run_id.hex


def test_nothing_is_worth_a_trace_of_its_own(noted: InMemorySpanExporter) -> None:
    """A statement of a loop that looks every second is not noted."""
    with tracing.span("SELECT", SpanKind.CLIENT):
        pass

    assert not noted.get_finished_spans()


def test_errors_are_noted_by_their_code(noted: InMemorySpanExporter) -> None:
    """No message of an error leaves in a span: it may name an address."""
    secret = "person@example.org"
    with (
        pytest.raises(Permanent),
        tracing.in_run(RUN, "deliver mail"),
        tracing.span("send mail"),
    ):
        raise Permanent(secret, code="mail_refused")

    for span in noted.get_finished_spans():
        assert secret not in span.to_json()
        assert (span.attributes or {})["error.type"] == "mail_refused"


def decides(sampler: Sampler, trace: int) -> bool:
    """Return whether a trace that begins is noted."""
    return sampler.should_sample(None, trace, "x").decision is Decision.RECORD_AND_SAMPLE


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_a_share_of_traces(share: float) -> None:
    """A share of the runs is noted, though a part of every run's id is the same."""
    runs = [uuid4().int for _ in range(4000)]
    settings = Settings(
        nats_url="nats://x",
        otel_traces_sampler="parentbased_traceidratio",
        otel_traces_sampler_arg=share,
    )
    noted = sum(decides(sampler_of(settings), run) for run in runs)

    assert abs(noted / len(runs) - share) < 0.05
    assert all(decides(Share(share), run) == decides(sampler_of(settings), run) for run in runs)


@pytest.mark.parametrize(
    ("name", "noted"),
    [
        ("always_on", True),
        ("always_off", False),
        ("parentbased_always_on", True),
        ("parentbased_always_off", False),
    ],
)
def test_samplers_by_their_standard_names(name: str, noted: bool) -> None:
    """OTEL_TRACES_SAMPLER means what it means everywhere."""
    settings = Settings.model_validate({"nats_url": "nats://x", "otel_traces_sampler": name})

    assert noted == decides(sampler_of(settings), uuid4().int)
