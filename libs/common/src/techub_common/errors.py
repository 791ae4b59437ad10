"""Errors say one thing to delivery: can another try help, and who has to come back first."""

from collections.abc import Mapping
from typing import Any


class TecHubError(Exception):
    """Something foreseen went wrong; the message is for a person and names what to do."""


class Away(TecHubError):
    """Something of ours (Postgres, JetStream, the object store) does not answer: wait in place."""


class Transient(TecHubError):
    """Something of theirs (GitHub, Gemini, Resend, Chromium) failed in a way that may pass.

    `retry_after` is the number of seconds they asked us to wait, when they did.
    """

    def __init__(self, message: str, *, code: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class Permanent(TecHubError):
    """No repetition can help; `code` is one of the closed set and `detail` explains it further."""

    def __init__(self, message: str, *, code: str, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.detail = dict(detail or {})


def code_of(error: BaseException) -> str:
    """Return the error code a step shows for any exception."""
    if isinstance(error, Transient | Permanent):
        return error.code
    return "timed_out" if isinstance(error, TimeoutError) else "unexpected"
