"""What travels between the services, as AsyncAPI 3: made of streams and events alone."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from techub_common import events
from techub_common.envelope import MAX_BYTES, MSG_ID_HEADER, TELL_HEADER
from techub_common.events import Event
from techub_common.streams import CONSUMERS, EVENTS, TOLD_BY

MIME: Final = "application/cloudevents+json"
SCHEMAS: Final = "#/components/schemas/"
ABOUT: Final = (
    f"Facts in the past tense, CloudEvents 1.0 in structured JSON, of less than {MAX_BYTES // 1024}"
    f" KB each, in the JetStream stream {EVENTS}. They carry keys of objects, never bytes, and no"
    " address or secret. Fields may be added, with a default; anything else is a new version of the"
    " type beside the old one. A reader ignores what it does not know."
)


@cache
def described_events(version: str) -> Mapping[str, Any]:
    """Return the whole document: channels, who tells what, and who hears it."""
    schemas: dict[str, Any] = {}
    messages = {event.subject: _message(event, schemas) for event in events.ALL}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "TecHub's events", "version": version, "description": ABOUT},
        "defaultContentType": MIME,
        "channels": {event.subject: _channel(event) for event in events.ALL},
        "operations": _told() | _heard(),
        "components": {"messages": messages, "schemas": schemas},
    }


def tellers_of(event: type[Event]) -> list[str]:
    """Return the services that tell the fact."""
    return [service for service, told in TOLD_BY.items() if event in told]


def hearers_of(event: type[Event]) -> list[str]:
    """Return the consumers that hear the fact."""
    return [consumer.name for consumer in CONSUMERS if event in consumer.hears]


def _told() -> dict[str, Any]:
    return {
        f"{service}.tells.{event.subject}": _operation("send", event, f"The {service} tells it.")
        for service, told in TOLD_BY.items()
        for event in told
    }


def _heard() -> dict[str, Any]:
    return {
        f"{consumer.name}.hears.{event.subject}": _operation(
            "receive",
            event,
            f"The durable consumer {consumer.name}: {consumer.attempts} attempts of at most"
            f" {consumer.limit:.0f} s.",
        )
        for consumer in CONSUMERS
        for event in consumer.hears
    }


def _operation(action: str, event: type[Event], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": f"#/channels/{event.subject}"},
        "messages": [{"$ref": f"#/channels/{event.subject}/messages/{event.subject}"}],
    }


def _channel(event: type[Event]) -> dict[str, Any]:
    message = {"$ref": f"#/components/messages/{event.subject}"}
    return {"address": event.subject, "messages": {event.subject: message}}


def _message(event: type[Event], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the message; what its data is made of is added to the schemas."""
    data = event.model_json_schema(ref_template=SCHEMAS + "{model}")
    schemas |= data.pop("$defs", {})
    schemas[event.__name__] = data
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split("\n\n")[0].split()),
        "contentType": MIME,
        "headers": {
            "type": "object",
            "properties": {
                MSG_ID_HEADER: {"type": "string", "description": "`<id>:<tell>`; deduped for 1 h"},
                TELL_HEADER: {"type": "string", "description": "how often it was told on purpose"},
            },
        },
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "time", "runid", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid", "description": "uuid5(run, type, key)"},
                "source": {"type": "string", "examples": ["/services/api"]},
                "type": {"const": event.type},
                "subject": {"type": "string", "description": "the login"},
                "time": {"type": "string", "format": "date-time"},
                "datacontenttype": {"const": "application/json"},
                "runid": {"type": "string", "format": "uuid"},
                "causationid": {"type": "string", "format": "uuid"},
                "traceparent": {"type": "string", "description": "W3C Trace Context"},
                "data": {"$ref": f"{SCHEMAS}{event.__name__}"},
            },
        },
    }
