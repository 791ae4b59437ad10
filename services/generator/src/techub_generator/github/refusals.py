"""What an answer of GitHub that is not the wanted one means, and whether asking again can help."""

import time
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from techub_common.errors import Permanent, Transient

LONGEST_WAIT: Final = 300.0
WITHOUT_ADVICE: Final = 60.0
NOT_FOUND: Final = "github_not_found"
BLOCKED: Final = "github_blocked"
LIMITED: Final = ("rate limit", "abuse detection")


def refusal(response: httpx.Response) -> Transient | Permanent:
    """Return the error an unsuccessful response stands for."""
    status = response.status_code
    if status == httpx.codes.UNAUTHORIZED:
        message = "GitHub does not accept our credentials; that is ours to mend."
        return Permanent(message, code="github_unauthorized")
    if status == httpx.codes.NOT_FOUND:
        return Permanent("GitHub has nothing there.", code=NOT_FOUND)
    if status == httpx.codes.UNAVAILABLE_FOR_LEGAL_REASONS:
        message = "GitHub may not show this for legal reasons."
        return Permanent(message, code=BLOCKED)
    if _limited(response):
        message = "GitHub asks us to slow down; another try follows when it allows one."
        return Transient(message, code="github_rate_limited", retry_after=_wait(response))
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return unavailable(f"it answered {status}", _seconds(response.headers.get("retry-after")))
    message = f"GitHub refused the request with status {status}."
    return Permanent(message, code="github_refused")


def unavailable(reason: str, retry_after: float | None = None) -> Transient:
    """Return the error for a GitHub that does not answer as it should."""
    message = f"GitHub is not available right now: {reason}."
    return Transient(message, code="github_unavailable", retry_after=retry_after)


def _limited(response: httpx.Response) -> bool:
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return True
    if response.status_code != httpx.codes.FORBIDDEN:
        return False
    headers, said = response.headers, response.text.lower()
    return (
        headers.get("x-ratelimit-remaining") == "0"
        or "retry-after" in headers
        or any(words in said for words in LIMITED)
    )


def _wait(response: httpx.Response) -> float:
    """Return the seconds GitHub asks for, by its own clock, at most five minutes."""
    headers = response.headers
    wanted = _seconds(headers.get("retry-after"))
    if wanted is None and headers.get("x-ratelimit-remaining") == "0":
        reset = _seconds(headers.get("x-ratelimit-reset"))
        wanted = reset - _now(headers.get("date")) + 1 if reset is not None else None
    return min(LONGEST_WAIT, max(0.0, WITHOUT_ADVICE if wanted is None else wanted))


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def _now(date: str | None) -> float:
    try:
        return parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return time.time()
