"""A message of the stream as an operator reads it: whatever it holds, it can be shown."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nats.aio.msg import Msg

from techub_common.envelope import TELL_HEADER, unseal
from techub_common.errors import Permanent
from techub_common.events import Event
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tellings to show; None does not matter, a run may be named by its first part."""

    login: str | None = None
    run: str | None = None
    service: str | None = None

    def __contains__(self, told: Told) -> bool:
        """Return whether it is one of those asked for."""
        return (
            (self.login is None or same_login(told.login, self.login.removeprefix("@")))
            and (self.run is None or told.run_id.startswith(self.run.lower()))
            and (self.service is None or told.service == self.service)
        )


def read(message: Msg) -> Told:
    """Return what a message of the stream tells; nothing in it can make this fail."""
    try:
        cloud = json.loads(message.data)
    except (ValueError, RecursionError):
        cloud = None
    headers = message.headers or {}
    metadata = message.metadata
    return Told(
        sequence=metadata.sequence.stream,
        subject=message.subject,
        body=message.data,
        tell=headers.get(TELL_HEADER, "0"),
        stored_at=metadata.timestamp,
        cloud=cloud if isinstance(cloud, dict) and "specversion" in cloud else {},
        event=_event(message),
    )


def _event(message: Msg) -> Event | None:
    try:
        return unseal(message.data, message.headers).event
    except Permanent:
        return None
