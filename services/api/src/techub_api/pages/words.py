"""How numbers and moments are written on a page."""

from datetime import datetime
from typing import Final

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
