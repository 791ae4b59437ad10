"""Charts as shapes: what the templates draw as SVG, computed here, in units of the view box."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

STEP: Final = 14
"""The side of a calendar's square with its gap."""
LEVELS: Final = 4
MOST_BARS: Final = 8
OTHERS: Final = "Others"
_WEEK: Final = 7
_WIDE_ENOUGH: Final = 2
"""A month is named when it has as many columns of its own."""


@dataclass(frozen=True, slots=True)
class Square:
    """One day: where it stands, how strongly it is drawn (0 to 4), and what it counts."""

    x: int
    y: int
    level: int
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days as squares, a column per week that begins on Monday, and where months begin."""

    squares: tuple[Square, ...]
    months: tuple[tuple[int, str], ...]
    width: int
    height: int
    total: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A named share; `percent` of the whole, `length` of the longest bar (0 to 100)."""

    name: str
    count: int
    percent: float
    length: float


def calendar_of(first_day: date, counts: Sequence[int]) -> Calendar:
    """Return the calendar of the days from the first on; the busiest day is the strongest."""
    most = max(counts, default=0)
    offset = first_day.weekday()
    squares = tuple(
        Square(
            x=(offset + place) // _WEEK * STEP,
            y=(offset + place) % _WEEK * STEP,
            level=_level(count, most),
            day=first_day + timedelta(days=place),
            count=count,
        )
        for place, count in enumerate(counts)
    )
    width = squares[-1].x + STEP if squares else 0
    return Calendar(squares, tuple(_months(squares, width)), width, _WEEK * STEP, sum(counts))


def bars_of(counts: Mapping[str, int]) -> list[Bar]:
    """Return the largest shares first; what is left over is one bar at the end."""
    ranked = sorted(
        ((name, count) for name, count in counts.items() if count > 0),
        key=lambda pair: (-pair[1], pair[0].lower()),
    )
    shown, rest = ranked[:MOST_BARS], ranked[MOST_BARS:]
    if rest:
        shown.append((OTHERS, sum(count for _, count in rest)))
    whole = sum(count for _, count in shown)
    most = max((count for _, count in shown), default=0)
    return [
        Bar(name, count, round(100 * count / whole, 1), round(100 * count / most, 1))
        for name, count in shown
    ]


def line_of(values: Sequence[int], width: int, height: int) -> str:
    """Return the points of a line through the values, for a polyline; a flat one in the middle."""
    low, high = min(values), max(values)
    across = width / max(1, len(values) - 1)
    tall = max(1, high - low)
    heights = [height / 2 if low == high else height * (high - value) / tall for value in values]
    return " ".join(f"{place * across:.1f},{down:.1f}" for place, down in enumerate(heights))


def _level(count: int, most: int) -> int:
    return 0 if count <= 0 else max(1, -(-count * LEVELS // most))


def _months(squares: Sequence[Square], width: int) -> Iterator[tuple[int, str]]:
    begins: dict[tuple[int, int], int] = {}
    for square in squares:
        begins.setdefault((square.day.year, square.day.month), square.x)
    places = [*begins.values(), width]
    for place, ((year, month), x) in enumerate(begins.items()):
        if places[place + 1] - x >= _WIDE_ENOUGH * STEP:
            yield x, f"{date(year, month, 1):%b}"
