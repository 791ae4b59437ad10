"""Charts of the operators' pages as shapes, in units of the view box."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from techub_api.ops.listing import Hour

WIDTH: Final = 960
TALL: Final = 120
GAP: Final = 6
STACKED: Final = ("success", "partial_success", "failure", "canceled", "running", "queued")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a bar."""

    look: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars that stand beside each other, and how much the tallest of them counts."""

    blocks: tuple[Block, ...]
    most: int
    labels: tuple[tuple[float, str], ...]


def bars_of_hours(hours: Sequence[Hour]) -> Bars:
    """Return a bar per hour, its parts by how the runs stand; failures are never too thin."""
    most = max((sum(hour.counts.values()) for hour in hours), default=0)
    each = WIDTH / max(1, len(hours))
    blocks = []
    for place, hour in enumerate(hours):
        base = float(TALL)
        for status in STACKED:
            count = hour.counts.get(status, 0)
            if not count:
                continue
            height = max(2.0, TALL * count / max(1, most))
            base -= height
            title = f"{hour.begins:%H:%M} {status.replace('_', ' ')}: {count}"
            blocks.append(
                Block(
                    status,
                    round(place * each, 1),
                    round(base, 1),
                    each - GAP,
                    round(height, 1),
                    title,
                )
            )
    labels = tuple(
        (round(place * each, 1), f"{hour.begins:%H:%M}")
        for place, hour in enumerate(hours)
        if place % 6 == 0
    )
    return Bars(tuple(blocks), most, labels)


def line_through(values: Sequence[float], width: int = 220, height: int = 36) -> str:
    """Return the points of a line from zero up, for a polyline; empty until there are two."""
    if len(values) < 2:  # noqa: PLR2004  # a line has two ends
        return ""
    most = max(values) or 1.0
    across = width / (len(values) - 1)
    return " ".join(
        f"{place * across:.1f},{height - (height - 2) * value / most - 1:.1f}"
        for place, value in enumerate(values)
    )


def share(counts: Mapping[str, int], *names: str) -> float | None:
    """Return which part of those that ended ended so, in percent; None when none has."""
    ended = sum(counts.get(name, 0) for name in ("success", "partial_success", "failure"))
    return round(100 * sum(counts.get(name, 0) for name in names) / ended, 1) if ended else None
