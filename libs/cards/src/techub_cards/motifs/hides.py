"""Patterns that animals wear: scales, plumage, spines, stripes, rings."""

from collections.abc import Iterator
from math import hypot, pi, sin
from typing import Final

from techub_cards.dice import Dice
from techub_cards.shapes import (
    TURN,
    Field,
    Point,
    Shape,
    around,
    at,
    circle,
    leaf,
    number,
    polygon,
    polyline,
    smooth,
)

SMALLEST_PUPIL: Final = 5.0
"""A ring this wide or wider has a spot in its middle."""


def scales(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Overlapping scales whose tone follows a pattern along the skin."""
    size, field = dice.between(10, 14), Field(dice)
    rows, columns = int(height / (size * 0.52)) + 2, int(width / size) + 2
    paths: dict[int, list[str]] = {tone: [] for tone in (1, 2, 3, 4)}
    for row in range(rows, -1, -1):
        for column in range(-1, columns):
            corner = ((column + row % 2 / 2) * size, row * size * 0.52 - size)
            paths[field.tone(*corner)].append(_scale(corner, size))
    for tone, drawn in paths.items():
        yield Shape(tone, "".join(drawn))


def plumage(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """A spread wing: ring upon ring of feathers around one shoulder."""
    shoulder = (width * dice.between(0.82, 1.04), height * dice.between(-0.12, 0.12))
    reach = hypot(width, height) * 1.05
    shafts: list[str] = []
    for ring in range(8, 0, -1):
        length, start = reach * ring / 8, reach * (ring - 2.1) / 8
        count = 14 + ring * 2
        turn = dice.between(0, TURN)
        paths = []
        for feather in range(count):
            angle = turn + TURN * feather / count
            base = around(shoulder, max(0.0, start), angle)
            paths.append(leaf(base, length - max(0.0, start), angle, 0.34))
            shafts.append(polyline((base, around(shoulder, length * 0.97, angle))))
        yield Shape((2, 1, 3, 1, 2, 1, 3, 4)[ring - 1], "".join(paths))
    yield Shape(2, "".join(shafts), 0.2)


def spines(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Quills that burst from one point past every edge."""
    centre = (width * dice.between(0.55, 0.85), height * dice.between(0.5, 0.9))
    reach = hypot(width, height)
    for layer, count in enumerate((34, 44, 54, 40)):
        paths = []
        for index in range(count):
            angle = TURN * (index + dice.between(-0.4, 0.4)) / count
            length = reach * dice.between(0.5, 0.95) * (1 - 0.22 * layer)
            foot = dice.between(0.018, 0.034)
            base = (3.0 + layer, length * 0.25)[index % 2]
            left, right = around(centre, base, angle - foot), around(centre, base, angle + foot)
            paths.append(polygon((left, around(centre, length, angle), right)))
        yield Shape(layer + 1, "".join(paths))


def stripes(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Bands that taper and part like a tiger's, tilted across the plane."""
    lean, sway = dice.between(0.25, 0.6), dice.between(3, 7)
    phase = dice.between(0, TURN)
    x = -height * lean
    while x < width + height * lean:
        thick = dice.between(2.5, 8)
        start, end = dice.between(-0.1, 0.3) * height, dice.between(0.65, 1.1) * height
        left, right = [], []
        for step in range(9):
            along = step / 8
            y = start + (end - start) * along
            middle = x + y * lean + sway * sin(y / 14 + phase + x / 25)
            girth = thick * sin(pi * along) ** 0.7
            left.append((middle - girth, y))
            right.append((middle + girth, y))
        yield Shape(dice.count(1, 4), smooth([*left, *reversed(right)]))
        x += thick * 1.5 + dice.between(2, 6)


def rings(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Rings within rings, packed as close as they come."""
    placed: list[tuple[Point, float]] = []
    for widest in [19] * 70 + [7] * 120:
        radius = dice.between(widest * 0.2, widest)
        centre = (dice.between(0, width), dice.between(0, height))
        if any(hypot(centre[0] - x, centre[1] - y) < radius + r + 0.7 for (x, y), r in placed):
            continue
        placed.append((centre, radius))
        tone = dice.count(1, 3)
        yield Shape(tone, circle(centre, radius))
        yield Shape(min(4, tone + 1), circle(centre, radius * 0.72), radius * 0.16)
        if radius > SMALLEST_PUPIL:
            yield Shape(min(4, tone + 2), circle(centre, radius * 0.34))


def _scale(corner: Point, size: float) -> str:
    near, far = size * 0.45, size * 0.94
    right = f"q{number(near)} {number(near)} 0 {number(far)}"
    left = f"q{number(-near)} {number(near - far)} 0 {number(-far)}"
    return f"M{at(corner)}{right}{left}z"
