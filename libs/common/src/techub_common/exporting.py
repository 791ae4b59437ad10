"""Hands spans to a collector over OTLP; opened only by services that have one, for its weight."""

import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from techub_common.settings import CommonSettings
from techub_common.tracing import wanted_trace

CLOSE_SECONDS: Final = 3.0
RANDOM_BITS: Final = 56


class Ids(RandomIdGenerator):
    """Gives a trace the id that is wanted for it."""

    def generate_trace_id(self) -> int:
        """Return it."""
        return wanted_trace()


class Share(Sampler):
    """Notes a share of all traces, the same ones in every service.

    The SDK's own looks at bits that are the same in every run's id; these are the ones W3C Trace
    Context calls random.
    """

    def __init__(self, share: float) -> None:
        self._bound = round(share * (1 << RANDOM_BITS))

    def should_sample(  # the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Return the same for every span of a trace."""
        del parent_context, name, kind, links
        if trace_id & ((1 << RANDOM_BITS) - 1) < self._bound:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, trace_state)
        return SamplingResult(Decision.DROP, None, trace_state)

    def get_description(self) -> str:
        """Return what it is called."""
        return "TraceIdRatioBased"


def sampler_of(settings: CommonSettings) -> Sampler:
    """Return the sampler that OTEL_TRACES_SAMPLER and its argument mean."""
    roots: Mapping[str, Sampler] = {
        "always_on": ALWAYS_ON,
        "always_off": ALWAYS_OFF,
        "traceidratio": Share(settings.otel_traces_sampler_arg),
    }
    wanted = settings.otel_traces_sampler
    root = roots[wanted.removeprefix("parentbased_")]
    return ParentBased(root) if wanted.startswith("parentbased_") else root


def opened(settings: CommonSettings) -> TracerProvider:
    """Return what makes tracers; it sends from a thread of its own and forgets what is too much."""
    headers = settings.otel_exporter_otlp_headers
    exporter = OTLPSpanExporter(
        endpoint=f"{settings.otel_exporter_otlp_endpoint}/v1/traces",
        headers=_headers(headers.get_secret_value()) if headers else None,
    )
    resource = Resource.create(
        {
            "service.namespace": "techub",
            "service.name": settings.service,
            "service.version": version("techub-common"),
            "deployment.environment.name": settings.app_env,
        }
    )
    provider = TracerProvider(
        sampler=sampler_of(settings),
        resource=resource,
        id_generator=Ids(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def close(provider: TracerProvider) -> None:
    """Send what is left, for three seconds at most."""
    closing = threading.Thread(target=provider.shutdown, daemon=True)
    closing.start()
    closing.join(CLOSE_SECONDS)


def _headers(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(",") if pair.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}
