"""Who may say and hear what on NATS, derived from `streams` and `asks`; `python -m` prints it.

One user per service, and one for the operators. A user's replies come to an inbox of its own, so
that nobody reads what was answered to somebody else.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from techub_common import asks
from techub_common.streams import (
    ADVISORIES,
    ADVISORY_CONSUMER,
    CONSUMERS,
    DEAD,
    DEAD_PREFIX,
    EVENTS,
    GENERATOR,
    LEDGER,
    NOTIFIER,
    OPTIMIZER,
    SCREENSHOTTER,
    TOLD_BY,
    Consumer,
    stream_configs,
)

API: Final = "api"
OPERATORS: Final = "operators"
_STREAM_VERBS: Final = ("INFO", "CREATE", "UPDATE")

HEARD_BY: Final[Mapping[str, Consumer]] = {
    API: LEDGER,
    "generator": GENERATOR,
    "screenshotter": SCREENSHOTTER,
    "optimizer": OPTIMIZER,
    "notifier": NOTIFIER,
}

_HEAD: Final = """\
# Made by `python -m techub_common.permissions`, compared by a test: change streams.py instead.
# Include it in nats-server.conf. The passwords come from the server's environment.
"""


@dataclass(frozen=True, slots=True)
class User:
    """What one NATS user may publish and subscribe to; `answers` lets it reply to what it hears."""

    name: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    denied: tuple[str, ...] = ()
    answers: bool = False

    @property
    def password(self) -> str:
        """Return the name of the variable that holds the password."""
        return f"NATS_{self.name.upper()}_PASSWORD"


def inbox_of(service: str) -> str:
    """Return the prefix under which replies to a service arrive."""
    return f"_INBOX_{service}"


def users() -> tuple[User, ...]:
    """Return every user there is."""
    return (*(_service(name) for name in TOLD_BY), _operators())


def _service(name: str) -> User:
    consumer = HEARD_BY[name]
    asked = _asked(name)
    return User(
        name,
        publish=(
            *(event.subject for event in TOLD_BY[name]),
            *asks.ASKED_BY.get(name, ()),
            *((f"{DEAD_PREFIX}*",) if name == API else (f"{DEAD_PREFIX}{consumer.name}",)),
            *_pulls(EVENTS, consumer.name),
            *((*_keeper(), *_looks(), *_replays()) if name == API else ()),
        ),
        denied=_not_read(LEDGER) if name == API else (),
        subscribe=(f"{inbox_of(name)}.>", *asked),
        answers=bool(asked),
    )


def _asked(service: str) -> tuple[str, ...]:
    """Return what the service must hear to be asked anything, if there is anything to ask it."""
    questions = [value for value in vars(asks).values() if isinstance(value, str)]
    prefix = f"ask.{service}."
    return (f"{prefix}>",) if any(value.startswith(prefix) for value in questions) else ()


def _pulls(stream: str, durable: str) -> tuple[str, ...]:
    return (
        f"$JS.API.CONSUMER.INFO.{stream}.{durable}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}",
        f"$JS.ACK.{stream}.{durable}.>",
    )


def _keeper() -> tuple[str, ...]:
    """Return what it takes to look after streams and consumers and to hear the advisories."""
    streams = [str(config.name) for config in stream_configs()]
    durables = [(EVENTS, consumer.name) for consumer in CONSUMERS]
    durables.append((ADVISORIES, ADVISORY_CONSUMER))
    watched = [durable for durable in durables if durable != (EVENTS, LEDGER.name)]
    return (
        *(f"$JS.API.STREAM.{verb}.{name}" for verb in _STREAM_VERBS for name in streams),
        *(f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{name}" for stream, name in durables),
        *(f"$JS.API.CONSUMER.INFO.{stream}.{name}" for stream, name in watched),
        *_pulls(ADVISORIES, ADVISORY_CONSUMER)[1:],
        f"$JS.API.STREAM.MSG.GET.{EVENTS}",
    )


def _looks() -> tuple[str, ...]:
    """Return what the operators' pages take: to read EVENTS by consumers that pass, and DEAD."""
    return (
        f"$JS.API.CONSUMER.CREATE.{EVENTS}.*",
        f"$JS.API.CONSUMER.INFO.{EVENTS}.*",
        f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.*",
        f"$JS.API.STREAM.MSG.GET.{DEAD}",
        f"$JS.API.STREAM.MSG.DELETE.{DEAD}",
    )


def _not_read(own: Consumer) -> tuple[str, ...]:
    """Return what must not be done to the services' durables, whatever consumers may pass."""
    return (
        *(f"$JS.API.CONSUMER.CREATE.{EVENTS}.{one.name}" for one in CONSUMERS),
        *(
            f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS}.{one.name}"
            for one in CONSUMERS
            if one.name != own.name
        ),
    )


def _replays() -> tuple[str, ...]:
    """Return what the api tells again in others' words: what not only the ledger hears of them.

    What the ledger gave up is given to it without a road.
    """
    heard = {event.subject: None for one in CONSUMERS if one is not LEDGER for event in one.hears}
    own = {event.subject for event in TOLD_BY[API]}
    return tuple(subject for subject in heard if subject not in own)


def _operators() -> User:
    """Return those who ask, look, and replay or drop dead letters.

    They read EVENTS by consumers that pass, never by a service's durable. A replay tells a fact
    again in its own words, so they may publish whatever a consumer could give up.
    """
    heard = {event.subject: None for consumer in CONSUMERS for event in consumer.hears}
    return User(
        OPERATORS,
        publish=(
            "ask.>",
            *heard,
            f"$JS.API.STREAM.INFO.{EVENTS}",
            f"$JS.API.STREAM.INFO.{DEAD}",
            f"$JS.API.STREAM.MSG.GET.{EVENTS}",
            f"$JS.API.STREAM.MSG.GET.{DEAD}",
            f"$JS.API.STREAM.MSG.DELETE.{DEAD}",
            f"$JS.API.CONSUMER.CREATE.{EVENTS}.*",
            f"$JS.FC.{EVENTS}.>",
        ),
        denied=tuple(f"$JS.API.CONSUMER.CREATE.{EVENTS}.{consumer.name}" for consumer in CONSUMERS),
        subscribe=("_INBOX.>",),
    )


def fragment() -> str:
    """Return the `authorization` block of a nats-server's configuration."""
    listed = "".join(map(_written, users()))
    return f"{_HEAD}authorization {{\n  users = [\n{listed}  ]\n}}\n"


def _written(user: User) -> str:
    lines = [
        f"user: {user.name}",
        f"password: ${user.password}",
        "permissions {",
        *_block("publish", allow=user.publish, deny=user.denied),
        *_block("subscribe", allow=user.subscribe),
        *(["  allow_responses: true"] if user.answers else []),
        "}",
    ]
    return "    {\n" + "".join(f"      {line}\n" for line in lines) + "    }\n"


def _block(name: str, **lists: Iterable[str]) -> list[str]:
    lines = [f"  {name} {{"]
    for verb, subjects in lists.items():
        if subjects:
            lines += [f"    {verb}: [", *(f'      "{subject}"' for subject in subjects), "    ]"]
    return [*lines, "  }"]


if __name__ == "__main__":
    sys.stdout.write(fragment())
