"""What JetStream holds, compared with what the code declares."""

from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError

from techub_common.streams import durables, stream_configs

STREAM: Final = (
    "subjects",
    "retention",
    "storage",
    "discard",
    "max_age",
    "max_bytes",
    "duplicate_window",
    "num_replicas",
)
CONSUMER: Final = (
    "deliver_policy",
    "ack_policy",
    "ack_wait",
    "max_deliver",
    "max_ack_pending",
    "filter_subjects",
)
NEVER: Final = "JetStream does not answer"


class Silent(Exception):
    """JetStream says nothing about its streams; the message says how."""


async def differences(
    js: JetStreamContext, *, ack_wait: float, replicas: int = 1, only: str | None = None
) -> list[str]:
    """Return what differs from the code, one sentence each; raise Silent.

    With `only` the one durable of that name is looked at, and no stream.
    """
    found: list[str] = []
    for wanted in () if only else stream_configs(replicas):
        found += await _stream(js, wanted)
    for stream, durable in durables(ack_wait):
        if only in (None, durable.durable_name):
            found += await _consumer(js, stream, durable)
    return found


async def _stream(js: JetStreamContext, wanted: StreamConfig) -> list[str]:
    name = f"the stream {wanted.name}"
    try:
        held = await js.stream_info(str(wanted.name))
    except NotFoundError:
        return [f"{name} is missing"]
    except (NatsError, TimeoutError) as error:
        raise Silent(_silence(error)) from error
    return list(unlike(name, wanted, held.config, STREAM))


async def _consumer(js: JetStreamContext, stream: str, wanted: ConsumerConfig) -> list[str]:
    name = f"the consumer {wanted.durable_name} of {stream}"
    try:
        held = await js.consumer_info(stream, str(wanted.durable_name))
    except NotFoundError:
        return [f"{name} is missing"]
    except (NatsError, TimeoutError) as error:
        raise Silent(_silence(error)) from error
    return list(unlike(name, wanted, held.config, CONSUMER))


def unlike(
    name: str,
    wanted: StreamConfig | ConsumerConfig,
    held: StreamConfig | ConsumerConfig | None,
    fields: Iterable[str],
) -> Iterable[str]:
    """Give one sentence for each field that the code declares and that is otherwise."""
    for field in fields:
        must, is_now = _value(wanted, field), _value(held, field)
        if must is None or must == is_now:
            continue
        if isinstance(must, frozenset) and isinstance(is_now, frozenset | None):
            yield f"{name}: {_apart(field, must, is_now or frozenset())}"
        else:
            yield f"{name}: {field} is {is_now}, and must be {must}"


def _apart(field: str, must: frozenset[str], is_now: frozenset[str]) -> str:
    lacks, has = sorted(must - is_now), sorted(is_now - must)
    said = [f"lacks {', '.join(lacks)}"] if lacks else []
    said += [f"has {', '.join(has)} besides"] if has else []
    return f"{field} {' and '.join(said)}"


def _value(config: StreamConfig | ConsumerConfig | None, field: str) -> Any:  # noqa: ANN401  # as configured
    value = getattr(config, field, None)
    if field == "filter_subjects" and not value:
        one = getattr(config, "filter_subject", None)
        value = [one] if one else None
    if isinstance(value, list):
        return frozenset(value)
    return value.value if isinstance(value, Enum) else value


def _silence(error: BaseException) -> str:
    return f"{NEVER}: {type(error).__name__}"
