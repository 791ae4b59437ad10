"""How numbers and moments are written on a page."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND
_KILO: Final = 1_000
_BROWSERS: Final = (  # the first that is named wins: each claims to be those after it
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_PLACES: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
)
_OUTCOMES: Final = {
    "queued": "in the queue",
    "running": "being dealt",
    "success": "ready",
    "partial_success": "ready, with a loss",
    "failure": "failed",
    "canceled": "called off",
}
_NEVER: Final = ("javascript:", "data:", "vbscript:", "//", "mailto:", "/", "#")


def duration(milliseconds: int) -> str:
    """Return a duration: `240 ms`, `1.2 s`, `2 min 5 s`."""
    if milliseconds < _SECOND:
        return f"{milliseconds} ms"
    if milliseconds < _MINUTE:
        return f"{milliseconds / _SECOND:.1f} s"
    minutes, rest = divmod(milliseconds, _MINUTE)
    return f"{minutes} min {rest // _SECOND} s"


def size(count: int) -> str:
    """Return a file's size: `840 B`, `48 KB`, `1.2 MB`."""
    if count < _KILO:
        return f"{count} B"
    if count < _KILO * _KILO:
        return f"{round(count / _KILO)} KB"
    return f"{count / _KILO / _KILO:.1f} MB"


def clock(moment: datetime) -> str:
    """Return a moment as people read it."""
    return f"{moment:%-d %B %Y, %H:%M} UTC"


def ordinal(number: int) -> str:
    """Return `2nd` for 2."""
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number // 10 % 10 == 1 else suffix}"


def day(moment: datetime) -> str:
    """Return a day as people read it."""
    return f"{moment:%-d %B %Y}"


def browser(agent: str) -> str:
    """Return what people call a browser, from its User-Agent."""
    name = next((label for mark, label in _BROWSERS if mark in agent), "A browser")
    place = next((label for mark, label in _PLACES if mark in agent), None)
    return f"{name} on {place}" if place else name


def outcome(status: str) -> str:
    """Return what people call a run's status."""
    return _OUTCOMES.get(status, status.replace("_", " "))


def month(moment: datetime) -> str:
    """Return a month as people read it."""
    return f"{moment:%B %Y}"


def safe_link(text: str | None) -> str | None:
    """Return a web address somebody may be led to, `https` when none is said; None for the rest."""
    if not text or not text.isprintable() or any(letter.isspace() for letter in text):
        return None
    address = text if "://" in text or text.startswith(_NEVER) else f"https://{text}"
    try:
        place = urlsplit(address)
        name = place.hostname or ""
    except ValueError:
        return None
    named = "." in name and "@" not in place.netloc
    return address if place.scheme in {"http", "https"} and named else None


def bare(address: str) -> str:
    """Return an address as people write it, without `https://` and the last slash."""
    return address.partition("://")[2].removeprefix("www.").rstrip("/")
