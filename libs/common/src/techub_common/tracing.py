"""The one door to OpenTelemetry: what is under way, in whose trace, and for whom it is noted.

A run's trace has the run's id. Whoever tells something of a run, at once, late or once more, is
therefore in its trace, and nobody has to remember which one that was. Without an address to export
to nothing is noted, and the ids are made and carried all the same.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from uuid import UUID, uuid4

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    get_current_span,
    set_span_in_context,
    use_span,
)

from techub_common.errors import code_of
from techub_common.settings import CommonSettings

SAMPLED: Final = "01"

Attribute = str | int | float | bool

_NOBODY: Final = NoOpTracer()
_tracer: ContextVar[Tracer] = ContextVar("techub_tracer", default=_NOBODY)
_wanted: ContextVar[int | None] = ContextVar("techub_wanted_trace", default=None)
_offered: ContextVar["_Offer | None"] = ContextVar("techub_offered_trace", default=None)


@dataclass(slots=True)
class _Offer:
    """The trace of a request, for the first run that it starts."""

    trace: UUID
    taken: bool = False


@contextmanager
def exported(settings: CommonSettings) -> Iterator[None]:
    """Note what happens inside for the collector the settings name; hand over the rest at the end.

    Nothing is noted when they name none. A collector that does not answer costs what was noted,
    and three seconds at the end.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        yield
        return
    exporting: Any = import_module("techub_common.exporting")  # the SDK costs memory: only then
    provider = exporting.opened(settings)
    try:
        with noting(provider.get_tracer("techub")):
            yield
    finally:
        exporting.close(provider)


@contextmanager
def noting(tracer: Tracer) -> Iterator[None]:
    """Note what happens inside with this tracer."""
    token = _tracer.set(tracer)
    try:
        yield
    finally:
        _tracer.reset(token)


def is_noted() -> bool:
    """Return whether anybody is told what happens."""
    return _tracer.get() is not _NOBODY


def wanted_trace() -> int:
    """Return the id of a trace that is to begin."""
    return _wanted.get() or uuid4().int


def new_run_id() -> UUID:
    """Return an id for a new run: that of the trace of the request that starts it, for the first.

    So the request is in the run's trace.
    """
    offer = _offered.get()
    if offer is None or offer.taken:
        return uuid4()
    offer.taken = True
    return offer.trace


@contextmanager
def request(name: str) -> Iterator[tuple[str, Span]]:
    """Be answering somebody in a trace of its own; yield its id in hex, and the span."""
    trace = uuid4()
    offer = _offered.set(_Offer(trace))
    try:
        with in_trace(trace.int, name, SpanKind.SERVER, {}) as begun:
            yield trace.hex, begun
    finally:
        _offered.reset(offer)


@contextmanager
def span(name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: Attribute) -> Iterator[Span]:
    """Be doing a part of what is under way; on its own it is not worth a trace.

    An error that passes is noted by its code: messages may name what nobody outside should read.
    """
    begun = started(name, kind, **attributes)
    if not begun.is_recording():
        yield begun
        return
    with _current(begun, ends=True):
        yield begun


def started(name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: Attribute) -> Span:
    """Return the same, begun and to be ended by the caller."""
    if not is_noted() or not get_current_span().get_span_context().is_valid:
        return INVALID_SPAN
    return _tracer.get().start_span(name, kind=kind, attributes=attributes)


def under_way() -> Span:
    """Return the span of what is under way, an invalid one where nothing is."""
    return get_current_span()


@contextmanager
def in_run(run_id: UUID | None, name: str, **attributes: Attribute) -> Iterator[Span]:
    """Be doing something for a run, or for none, whatever else is under way."""
    trace = (run_id or uuid4()).int
    with in_trace(trace, name, SpanKind.INTERNAL, attributes | {"run_id": str(run_id)}) as begun:
        yield begun


@contextmanager
def in_trace(
    trace: int,
    name: str,
    kind: SpanKind,
    attributes: dict[str, Attribute],
    *,
    cause: str | None = None,
) -> Iterator[Span]:
    """Be doing something in that trace: below what is under way when that is in it, else linked.

    `cause` is the traceparent it goes back to, when there is one.
    """
    if not is_noted():
        yield INVALID_SPAN
        return
    around = get_current_span().get_span_context()
    if around.trace_id == trace:
        begun = _tracer.get().start_span(name, kind=kind, attributes=_named(attributes))
    else:
        begun = _begin(
            trace, name, kind, cause, [Link(around)] if around.is_valid else (), attributes
        )
    with _current(begun, ends=True):
        yield begun


def traceparent_of(subject: str, run_id: UUID, cause: str | None = None) -> str:
    """Return the traceparent of a fact told now: in its cause's trace, else in its run's."""
    trace = int(cause.split("-")[1], 16) if cause else run_id.int
    name, kind = f"create {subject}", SpanKind.PRODUCER
    with in_trace(trace, name, kind, _messaging(subject), cause=cause) as begun:
        made = begun.get_span_context()
    if not made.is_valid:
        flags = cause.split("-")[3] if cause else SAMPLED
        return f"00-{trace:032x}-{secrets.token_hex(8)}-{flags}"
    return f"00-{made.trace_id:032x}-{made.span_id:016x}-{made.trace_flags:02x}"


def received(
    subject: str, traceparent: str, consumer: str, deliveries: int, **attributes: Attribute
) -> Span:
    """Return the span, begun, of working on a message; a repeated delivery links to the fact."""
    if not is_noted():
        return INVALID_SPAN
    fact = _context_of(traceparent)
    again = [Link(fact, {"messaging.nats.deliveries": deliveries})] if deliveries > 1 else ()
    more = _messaging(subject) | {"messaging.consumer.group.name": consumer} | attributes
    name, kind = f"process {subject}", SpanKind.CONSUMER
    return _begin(fact.trace_id, name, kind, traceparent, again, more)


@contextmanager
def together(name: str, spans: Iterable[Span]) -> Iterator[None]:
    """Be working on several messages at once: in a trace of its own, linked to each of theirs."""
    if not is_noted():
        yield
        return
    links = [Link(one.get_span_context()) for one in spans]
    with _current(_begin(uuid4().int, name, SpanKind.CONSUMER, None, links, {}), ends=True):
        yield


@contextmanager
def sending(subject: str, traceparent: str | None) -> Iterator[None]:
    """Be publishing a fact whose traceparent that is."""
    if not is_noted() or traceparent is None:
        yield
        return
    fact = _context_of(traceparent)
    name, kind = f"send {subject}", SpanKind.PRODUCER
    begun = _begin(fact.trace_id, name, kind, traceparent, (), _messaging(subject))
    with _current(begun, ends=True):
        yield


@contextmanager
def within(begun: Span) -> Iterator[None]:
    """Be at work on what that span stands for, without ending it."""
    if not begun.get_span_context().is_valid:
        yield
        return
    with _current(begun, ends=False):
        yield


def failed(begun: Span, code: str) -> None:
    """Say by its code that what the span stands for went wrong."""
    begun.set_attribute("error.type", code)
    begun.set_status(StatusCode.ERROR)


def ended(begun: Span, outcome: str, *, well: bool) -> None:
    """End the span with what came of it."""
    begun.set_attribute("techub.outcome", outcome)
    if not well:
        begun.set_status(StatusCode.ERROR)
    begun.end()


@contextmanager
def _current(begun: Span, *, ends: bool) -> Iterator[None]:
    with use_span(begun, end_on_exit=ends, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except Exception as error:
            failed(begun, code_of(error))
            raise


def _begin(  # what a span is made of
    trace: int,
    name: str,
    kind: SpanKind,
    cause: str | None,
    links: Iterable[Link],
    attributes: dict[str, Attribute],
) -> Span:
    """Return a span in that trace, below its cause or at the top."""
    context = set_span_in_context(NonRecordingSpan(_context_of(cause))) if cause else Context()
    token = _wanted.set(trace)
    try:
        return _tracer.get().start_span(
            name, context, kind, attributes=_named(attributes), links=list(links)
        )
    finally:
        _wanted.reset(token)


def _context_of(traceparent: str) -> SpanContext:
    _, trace, parent, flags = traceparent.split("-")
    return SpanContext(int(trace, 16), int(parent, 16), True, TraceFlags(int(flags, 16)))


def _messaging(subject: str) -> dict[str, Attribute]:
    return {"messaging.system": "nats", "messaging.destination.name": subject}


def _named(attributes: dict[str, Attribute]) -> dict[str, Attribute]:
    """Return the attributes, ours under our own prefix."""
    return {name if "." in name else f"techub.{name}": value for name, value in attributes.items()}


__all__ = (
    "INVALID_SPAN",
    "Span",
    "SpanKind",
    "ended",
    "exported",
    "failed",
    "in_run",
    "in_trace",
    "is_noted",
    "new_run_id",
    "noting",
    "received",
    "request",
    "sending",
    "span",
    "started",
    "together",
    "traceparent_of",
    "under_way",
    "wanted_trace",
    "within",
)
