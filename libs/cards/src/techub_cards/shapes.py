"""What generative art is made of: paths in a plane 100 units high, each in one of four tones."""

from collections.abc import Iterable, Sequence
from math import cos, pi, sin
from typing import NamedTuple

from techub_cards.dice import Dice

Point = tuple[float, float]
TURN = 2 * pi


class Shape(NamedTuple):
    """One path, its tone (1 nearest the ground, 4 brightest) and, for a line, its width."""

    tone: int
    path: str
    stroke: float = 0.0


def number(value: float) -> str:
    """Return the number as short as a path allows at a tenth of a unit."""
    return f"{value:.1f}".removesuffix(".0")


def at(point: Point) -> str:
    """Return the point as path data."""
    return f"{number(point[0])} {number(point[1])}"


def polygon(points: Iterable[Point]) -> str:
    """Return the closed path through the points."""
    return "M" + "L".join(at(point) for point in points) + "z"


def polyline(points: Iterable[Point]) -> str:
    """Return the open path through the points."""
    return "M" + "L".join(at(point) for point in points)


def smooth(points: Sequence[Point]) -> str:
    """Return the closed path that passes halfway between its points, without a corner."""
    halves = [_half(points[index - 1], point) for index, point in enumerate(points)]
    curves = [f"Q{at(point)} {at(halves[(i + 1) % len(halves)])}" for i, point in enumerate(points)]
    return f"M{at(halves[0])}{''.join(curves)}z"


def circle(centre: Point, radius: float) -> str:
    """Return the circle as a path."""
    reach = max(0.1, round(radius, 1))
    arc = f"a{number(reach)} {number(reach)} 0 1 0 "
    start = at((centre[0] - reach, centre[1]))
    return f"M{start}{arc}{number(2 * reach)} 0{arc}{number(-2 * reach)} 0z"


def around(centre: Point, radius: float, angle: float) -> Point:
    """Return the point at that distance and angle from the centre."""
    return centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)


def leaf(base: Point, length: float, angle: float, width: float) -> str:
    """Return a blade from base to tip, widest a third of the way."""
    tip = around(base, length, angle)
    left = around(base, length * 0.45, angle - width)
    right = around(base, length * 0.45, angle + width)
    return f"M{at(base)}Q{at(left)} {at(tip)}Q{at(right)} {at(base)}z"


class Field:
    """A slow, seeded landscape over the plane, between 0 and 1: neighbours are alike."""

    def __init__(self, dice: Dice) -> None:
        self._waves = [
            (dice.between(0.015, 0.07), dice.between(0.015, 0.07), dice.between(0, TURN))
            for _ in range(4)
        ]

    def height(self, x: float, y: float) -> float:
        """Return the height of the landscape at that place."""
        total = sum(sin(x * across + y * down + phase) for across, down, phase in self._waves)
        return min(0.999, max(0.0, 0.5 + total / 5))

    def tone(self, x: float, y: float) -> int:
        """Return the height as a tone from 1 to 4."""
        return 1 + int(4 * self.height(x, y))


def _half(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
