"""A message of the stream as an operator reads it: whatever it holds, it can be shown."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from nats.aio.msg import Msg
from pydantic import ValidationError

from techub_common.envelope import TELL_HEADER
from techub_common.events import BY_TYPE, Event
from techub_common.logins import same_login


@dataclass(frozen=True, slots=True)
class Told:
    """One telling of a fact; `cloud` is empty when the body is no CloudEvent."""

    sequence: int
    subject: str
    body: bytes
    tell: str
    stored_at: datetime
    cloud: dict[str, Any]
    event: Event | None

    @property
    def service(self) -> str:
        """Return who told it: `generator`."""
        return str(self.cloud.get("source", "")).rpartition("/")[2] or "?"

    @property
    def login(self) -> str:
        """Return whose run it is about."""
        return str(self.cloud.get("subject", ""))

    @property
    def run_id(self) -> str:
        """Return the run it is about."""
        return str(self.cloud.get("runid", ""))

    @property
    def time(self) -> datetime:
        """Return when it was told, or stored when it does not say."""
        with suppress(ValueError):
            return datetime.fromisoformat(str(self.cloud.get("time")))
        return self.stored_at

    def as_json(self) -> bytes:
        """Return the CloudEvent as it was stored, on one line; a note instead of what is none."""
        if self.cloud:
            one_line = b"\n" not in self.body
            return self.body if one_line else json.dumps(self.cloud, ensure_ascii=False).encode()
        note = {"unreadable": self.body.decode(errors="replace"), "subject": self.subject}
        return json.dumps({**note, "sequence": self.sequence}).encode()


class Holds(Protocol):
    """A condition on tellings."""

    def holds(self, told: Told) -> bool:
        """Return whether this telling fulfils it."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tellings to show; None does not matter, a run may be named by its first part."""

    login: str | None = None
    run: str | None = None
    service: str | None = None
    conditions: Sequence[Holds] = ()

    def __contains__(self, told: Told) -> bool:
        """Return whether it is one of those asked for."""
        return (
            (self.login is None or same_login(told.login, self.login.removeprefix("@")))
            and (self.run is None or told.run_id.startswith(self.run.lower()))
            and (self.service is None or told.service == self.service)
            and all(condition.holds(told) for condition in self.conditions)
        )


def read(message: Msg) -> Told:
    """Return what a message of the stream tells; nothing in it can make this fail."""
    try:
        cloud = json.loads(message.data)
    except (ValueError, RecursionError):
        cloud = None
    if not isinstance(cloud, dict) or "specversion" not in cloud:
        cloud = {}
    headers = message.headers or {}
    metadata = message.metadata
    return Told(
        sequence=metadata.sequence.stream,
        subject=message.subject,
        body=message.data,
        tell=headers.get(TELL_HEADER, "0"),
        stored_at=metadata.timestamp,
        cloud=cloud,
        event=_event(cloud),
    )


def _event(cloud: dict[str, Any]) -> Event | None:
    kind = BY_TYPE.get(str(cloud.get("type")))
    if kind is None:
        return None
    try:
        return kind.model_validate(cloud.get("data"))
    except ValidationError:
        return None
