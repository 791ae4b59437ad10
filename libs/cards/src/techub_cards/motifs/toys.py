"""Patterns that are made: a spider's web and a tipped-out toy box."""

from collections.abc import Iterator
from math import hypot, pi
from typing import Final

from techub_cards.dice import Dice
from techub_cards.shapes import TURN, Point, Shape, around, at, circle, polygon, polyline

LIT_CELLS: Final = 0.3
"""The share of a web's cells that catch light."""


def web(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Spokes from one anchor and strands that sag between them, some cells caught by light."""
    centre = (dice.between(0.45, 0.8) * width, dice.between(0.2, 0.5) * height)
    spokes, reach = dice.count(15, 21), hypot(width, height)
    angles = [TURN * (index + dice.between(-0.28, 0.28)) / spokes for index in range(spokes)]
    gaps = list(zip(angles, [*angles[1:], angles[0] + TURN], strict=True))
    strands: list[str] = []
    inner = dice.between(4, 6)
    while inner < reach:
        outer = inner * dice.between(1.2, 1.34)
        for one, two in gaps:
            far = _sagging(centre, outer, one, two)
            strands.append(far)
            if dice.roll() < LIT_CELLS:
                near = _sagging(centre, inner, two, one).replace("M", "L")
                yield Shape(dice.count(1, 3), f"{far}{near}z")
        inner = outer
    yield Shape(3, "".join(strands), 0.45)
    yield Shape(4, "".join(polyline((centre, around(centre, reach, a))) for a in angles), 0.4)


def _sagging(centre: Point, radius: float, one: float, two: float) -> str:
    sag = around(centre, radius * 0.86, (one + two) / 2)
    return f"M{at(around(centre, radius, one))}Q{at(sag)} {at(around(centre, radius, two))}"


def confetti(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """A toy box tipped out: discs, wedges, zigzags and crosses on a loose grid."""
    step = 14.5
    for row in range(int(height / step) + 1):
        for column in range(int(width / step) + 1):
            x = (column + 0.5 + dice.between(-0.22, 0.22)) * step
            y = (row + 0.5 + dice.between(-0.22, 0.22)) * step
            yield dice.pick(TOYS)(
                dice.count(1, 4), (x, y), dice.between(3, 5.6), dice.between(0, TURN)
            )


def _disc(tone: int, centre: Point, size: float, _turn: float) -> Shape:
    return Shape(tone, circle(centre, size))


def _wedge(tone: int, centre: Point, size: float, turn: float) -> Shape:
    corners = (around(centre, size * 1.25, turn + side * TURN / 3) for side in range(3))
    return Shape(tone, polygon(corners))


def _zigzag(tone: int, centre: Point, size: float, turn: float) -> Shape:
    along = [around(centre, size * 1.5 * step, turn) for step in (-1, -0.5, 0, 0.5, 1)]
    points = (
        around(point, size * 0.5 * (-1) ** index, turn + pi / 2)
        for index, point in enumerate(along)
    )
    return Shape(tone, polyline(points), 1.3)


def _cross(tone: int, centre: Point, size: float, turn: float) -> Shape:
    arms = [around(centre, size, turn + quarter * TURN / 4) for quarter in range(4)]
    return Shape(tone, polyline((arms[0], arms[2])) + polyline((arms[1], arms[3])), 2.0)


def _hoop(tone: int, centre: Point, size: float, _turn: float) -> Shape:
    return Shape(tone, circle(centre, size * 0.8), 1.4)


TOYS: Final = (_disc, _wedge, _zigzag, _cross, _hoop)
