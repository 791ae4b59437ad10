"""CloudEvents 1.0, structured JSON: the one form in which facts travel."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from techub_common.errors import Permanent
from techub_common.events import BY_TYPE, Event
from techub_common.tracing import traceparent_of

MAX_BYTES: Final = 64 * 1024
TELL_HEADER: Final = "Techub-Tell"
MSG_ID_HEADER: Final = "Nats-Msg-Id"
_TRACEPARENT: Final = r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"


class _Wire(BaseModel):
    """The attributes on the wire; unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore")

    specversion: str
    id: UUID
    source: str
    type: str
    time: datetime
    runid: UUID
    causationid: UUID | None = None
    traceparent: Annotated[str, Field(pattern=_TRACEPARENT)] | None = None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One telling of a fact: the event, who tells it, what caused it and how often it was told."""

    event: Event
    source: str
    time: datetime
    causation_id: UUID | None
    traceparent: str
    tell: int = 0

    @property
    def message_id(self) -> str:
        """Return what JetStream dedupes on: a redelivery repeats it, a re-tell does not."""
        return f"{self.event.id}:{self.tell}"

    @property
    def trace_id(self) -> str:
        """Return the trace it is told in, in hex."""
        return self.traceparent.split("-")[1]

    def headers(self) -> dict[str, str]:
        """Return the NATS headers that go with `body()`."""
        return {
            MSG_ID_HEADER: self.message_id,
            TELL_HEADER: str(self.tell),
            "content-type": "application/cloudevents+json",
            "traceparent": self.traceparent,
        }

    def body(self) -> bytes:
        """Return the structured JSON; raise Permanent `event_too_large` from 64 KB on."""
        wire = _Wire(
            specversion="1.0",
            id=self.event.id,
            source=self.source,
            type=self.event.type,
            time=self.time,
            runid=self.event.run_id,
            causationid=self.causation_id,
            traceparent=self.traceparent,
            data=self.event.model_dump(mode="json"),
        ).model_dump(mode="json", exclude_none=True)
        wire |= {"subject": self.event.login, "datacontenttype": "application/json"}
        body = _dumps(wire)
        if len(body) >= MAX_BYTES:
            message = f"{self.event.type} would be {len(body)} bytes; the limit is {MAX_BYTES}"
            raise Permanent(message, code="event_too_large")
        return body


_current: ContextVar[Envelope | None] = ContextVar("techub_envelope", default=None)


def current() -> Envelope | None:
    """Return the envelope whose event is being handled right now."""
    return _current.get()


@contextmanager
def handling(envelope: Envelope) -> Iterator[None]:
    """Make what is told inside an effect of this envelope: its cause, trace and tell are copied."""
    token = _current.set(envelope)
    try:
        yield
    finally:
        _current.reset(token)


def seal(event: Event, source: str, *, tell: int | None = None) -> Envelope:
    """Return the envelope for a fact told now by `source` (for example `/services/generator`).

    `tell` is taken from the cause when it is not given, and is 0 without a cause.
    """
    cause = _current.get()
    return Envelope(
        event=event,
        source=source,
        time=datetime.now(UTC),
        causation_id=cause.event.id if cause else None,
        traceparent=traceparent_of(event.subject, event.run_id, _traced(event, cause)),
        tell=tell if tell is not None else (cause.tell if cause else 0),
    )


def unseal(body: bytes, headers: Mapping[str, str] | None = None) -> Envelope:
    """Return the envelope in a message.

    Raises Permanent `event_too_large`, `unreadable_event` or `unknown_event`.
    """
    if len(body) >= MAX_BYTES:
        message = f"an event of {len(body)} bytes; the limit is {MAX_BYTES}"
        raise Permanent(message, code="event_too_large")
    try:
        wire = _Wire.model_validate_json(body)
    except ValidationError as error:
        message = f"not a CloudEvent: {_first(error)}"
        raise Permanent(message, code="unreadable_event") from error
    kind = BY_TYPE.get(wire.type)
    if kind is None:
        message = f"nobody here knows the event type {wire.type!r}"
        raise Permanent(message, code="unknown_event")
    try:
        event = kind.model_validate(wire.data)
    except ValidationError as error:
        message = f"{wire.type} does not fit its schema: {_first(error)}"
        raise Permanent(message, code="unreadable_event") from error
    return Envelope(
        event=event,
        source=wire.source,
        time=wire.time,
        causation_id=wire.causationid,
        traceparent=wire.traceparent or traceparent_of(event.subject, event.run_id),
        tell=_tell_in(headers or {}),
    )


def _tell_in(headers: Mapping[str, str]) -> int:
    text = headers.get(TELL_HEADER, "0")
    return int(text) if text.isdecimal() else 0


def _first(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"]) or "body"
    return f"{place}: {problem['msg']}"


def _dumps(wire: dict[str, Any]) -> bytes:
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode()


def _traced(event: Event, cause: Envelope | None) -> str | None:
    """Return the trace an effect goes on with: the cause's, unless that is another run's."""
    return cause.traceparent if cause and cause.event.run_id == event.run_id else None
