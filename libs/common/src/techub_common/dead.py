"""A message nobody could settle, kept as it was, with who gave up on it and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from techub_common.envelope import MSG_ID_HEADER, TELL_HEADER, Envelope, unseal
from techub_common.errors import code_of
from techub_common.streams import DEAD_PREFIX, EVENTS

LONGEST_ERROR: Final = 500
_NOT_KEPT: Final = frozenset({MSG_ID_HEADER, "Nats-Expected-Stream"})
_OURS: Final = "Techub-Dead-"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The original bytes and headers, where they lay, and what went wrong."""

    body: bytes
    headers: Mapping[str, str]
    subject: str
    sequence: int
    consumer: str
    attempts: int
    error: BaseException

    @property
    def code(self) -> str:
        """Return the code of the error that ended it."""
        return code_of(self.error)

    @property
    def dead_subject(self) -> str:
        """Return the subject it is kept under."""
        return f"{DEAD_PREFIX}{self.consumer}"

    def dead_headers(self) -> dict[str, str]:
        """Return the original headers and ours; one message of one consumer is one letter."""
        kept = {name: value for name, value in self.headers.items() if name not in _NOT_KEPT}
        reason = " ".join(str(self.error).split())[:LONGEST_ERROR] or type(self.error).__name__
        return kept | {
            MSG_ID_HEADER: f"dead-{EVENTS}-{self.consumer}-{self.sequence}",
            "Techub-Dead-Consumer": self.consumer,
            "Techub-Dead-Subject": self.subject,
            "Techub-Dead-Sequence": str(self.sequence),
            "Techub-Dead-Attempts": str(self.attempts),
            "Techub-Dead-Code": self.code,
            "Techub-Dead-Error": reason,
        }


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A dead letter as it is found again; `number` is its sequence in the stream DEAD."""

    number: int
    buried_at: datetime
    body: bytes
    headers: Mapping[str, str]
    subject: str
    sequence: int
    consumer: str
    attempts: int
    code: str
    error: str

    def envelope(self) -> Envelope:
        """Return what it tells; raise Permanent when nobody can read it."""
        return unseal(self.body, self.headers)

    def headers_for(self, tell: int) -> dict[str, str]:
        """Return the headers that tell it again, past the dedupe window when `tell` is raised."""
        event_id = self.envelope().event.id
        return {
            **self.headers,
            MSG_ID_HEADER: f"{event_id}:{tell}",
            TELL_HEADER: str(tell),
        }


def found(
    number: int, buried_at: datetime, body: bytes, dead_subject: str, headers: Mapping[str, str]
) -> KeptLetter:
    """Return the letter in a message of DEAD; whatever it lacks is left empty."""

    def ours(name: str) -> str:
        return headers.get(f"{_OURS}{name}", "")

    def count(name: str) -> int:
        return int(ours(name)) if ours(name).isdecimal() else 0

    return KeptLetter(
        number=number,
        buried_at=buried_at,
        body=body,
        headers={
            name: value
            for name, value in headers.items()
            if not name.startswith(_OURS) and name not in _NOT_KEPT
        },
        subject=ours("Subject"),
        sequence=count("Sequence"),
        consumer=ours("Consumer") or dead_subject.removeprefix(DEAD_PREFIX),
        attempts=count("Attempts"),
        code=ours("Code"),
        error=ours("Error"),
    )
