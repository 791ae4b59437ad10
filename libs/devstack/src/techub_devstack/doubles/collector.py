"""A collector of traces: takes what is exported over OTLP and gives back spans to look at."""

import gzip
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from techub_devstack.doubles.serving import in_thread


@dataclass(frozen=True, slots=True)
class Seen:
    """One span, and whose it is."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, Any]
    failed: bool


@dataclass
class Collector:
    """What has arrived so far; a thread of its own receives."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        """Keep a request."""
        with self._lock:
            self.bodies.append(body)
            self.headers.append(headers)

    def spans(self) -> list[Seen]:
        """Return every span there is."""
        with self._lock:
            bodies = list(self.bodies)
        return [span for body in bodies for span in _spans(body)]

    def by_trace(self) -> dict[str, list[Seen]]:
        """Return the spans by their trace."""
        found = defaultdict(list)
        for span in self.spans():
            found[span.trace].append(span)
        return found


def _spans(body: bytes) -> Iterator[Seen]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        named = {one.key: one.value.string_value for one in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Seen(
                    service=named["service.name"],
                    name=span.name,
                    kind=span.kind,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    links=tuple(link.span_id.hex() for link in span.links),
                    attributes={
                        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
                        for one in span.attributes
                    },
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                )


@contextmanager
def collecting() -> Iterator[Collector]:
    """Give a collector that listens."""
    collector = Collector()

    async def receive(request: Request) -> Response:
        body = await request.body()
        packed = request.headers.get("content-encoding") == "gzip"
        collector.take(gzip.decompress(body) if packed else body, dict(request.headers))
        return Response(media_type="application/x-protobuf")

    with in_thread(Starlette(routes=[Route("/v1/traces", receive, methods=["POST"])])) as url:
        collector.url = url
        yield collector
