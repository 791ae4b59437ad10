"""A message nobody could settle, kept as it was, with who gave up on it and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from techub_common.envelope import MSG_ID_HEADER
from techub_common.errors import code_of
from techub_common.streams import DEAD_PREFIX, EVENTS

LONGEST_ERROR: Final = 500
_NOT_KEPT: Final = frozenset({MSG_ID_HEADER, "Nats-Expected-Stream"})


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
