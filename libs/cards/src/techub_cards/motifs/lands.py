"""Patterns of where animals live: water, hills, sand, branches and the night sky."""

from collections.abc import Iterator
from math import cos, pi, sin

from techub_cards.dice import Dice
from techub_cards.shapes import (
    TURN,
    Point,
    Shape,
    around,
    at,
    circle,
    leaf,
    polygon,
    polyline,
    smooth,
)


def waves(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Swell behind swell, each with a lit crest."""
    bands = dice.count(8, 10)
    for band in range(bands):
        level = height * (0.12 + 0.95 * band / bands)
        crest = _swell(dice, width, level, 3.2 + band * 0.5)
        yield Shape((1, 2, 1, 3)[band % 4], _below(crest, width, height))
        yield Shape(4 if band % 2 else 3, polyline(crest), 0.35)


def contours(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """A survey map: three hills drawn by lines of equal height."""
    for _ in range(3):
        centre = (dice.between(0.1, 1) * width, dice.between(0.05, 0.95) * height)
        bumps = [
            (dice.count(2, 5), dice.between(0.05, 0.2), dice.between(0, TURN)) for _ in range(3)
        ]
        outer = dice.between(38, 60)
        for step in range(7):
            radius = outer * (1 - step / 7.5)
            outline = smooth([_bumped(centre, radius, TURN * i / 28, bumps) for i in range(28)])
            if step % 2 == 0:
                yield Shape((1, 2, 3, 4)[step // 2], outline)
            else:
                yield Shape(min(4, step // 2 + 2), outline, 0.35)


def canopy(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Gum branches that hang across the sky, leaf by long leaf."""
    for branch in range(11):
        tone = (1, 1, 2, 2, 1, 3, 2, 3, 2, 3, 4)[branch]
        point = (width * dice.between(-0.05, 1.05), height * dice.pick((-0.05, 1.05, 0.3)))
        heading = dice.between(0.15, 0.85) * pi * (1 if point[1] < height / 2 else -1)
        bend = dice.between(-0.14, 0.14)
        leaves, stem = [], [point]
        for step in range(9):
            point = around(point, 7.5, heading)
            heading += bend
            stem.append(point)
            size = dice.between(13, 21) * (1 - step / 14)
            for side in (-1, 1):
                angle = heading + side * dice.between(0.45, 0.95)
                leaves.append(leaf(point, size, angle, 0.32))
        yield Shape(tone, "".join(leaves))
        yield Shape(min(4, tone + 1), polyline(stem), 0.4)


def night(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """A moon with halos, constellations, and ranges one behind the other."""
    moon = (width * dice.between(0.5, 0.85), height * dice.between(0.22, 0.42))
    radius = dice.between(15, 22)
    for tone, scale in ((1, 2.5), (2, 1.75), (3, 1.3), (4, 1.0)):
        yield Shape(tone, circle(moon, radius * scale))
    bite = around(moon, radius * 0.34, dice.between(0, TURN))
    yield Shape(3, circle(bite, radius * 0.62))
    stars = [(dice.between(0, width), dice.between(0, height * 0.7)) for _ in range(46)]
    yield Shape(4, "".join(_spark(star, dice.between(0.5, 1.9)) for star in stars))
    lines = [polyline(stars[first : first + 4]) for first in range(0, 20, 5)]
    yield Shape(2, "".join(lines), 0.2)
    for tone, level in ((3, 0.7), (2, 0.8), (1, 0.9)):
        yield Shape(tone, _below(_ridge(dice, width, height * level), width, height))


def dunes(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """A low sun over sand: each dune with its bright and its shaded side."""
    sun = (width * dice.between(0.35, 0.85), height * dice.between(0.2, 0.42))
    radius = dice.between(17, 25)
    for tone, scale in ((1, 2.2), (2, 1.5), (4, 1.0)):
        yield Shape(tone, circle(sun, radius * scale))
    for band, level in enumerate((0.38, 0.5, 0.62, 0.74, 0.87)):
        crest = _swell(dice, width, height * level, 8)
        yield Shape((3, 2, 3, 2, 1)[band], _below(crest, width, height))
        peak = min(crest, key=lambda point: point[1])
        foot = (peak[0] + dice.between(-18, 18), height * 1.1)
        shade = [peak, *[point for point in crest if point[0] > peak[0]][:9]]
        yield Shape((2, 1, 2, 1, 2)[band], polygon([*shade, foot]))


def _swell(dice: Dice, width: float, level: float, rise: float) -> list[Point]:
    long, short = dice.between(0.035, 0.06), dice.between(0.09, 0.15)
    first, second = dice.between(0, TURN), dice.between(0, TURN)
    return [
        (x, level + rise * (sin(x * long + first) + 0.35 * sin(x * short + second)))
        for x in (width * step / 48 for step in range(49))
    ]


def _ridge(dice: Dice, width: float, level: float) -> list[Point]:
    steps = 15
    return [(width * i / steps, level + dice.between(-7, 7)) for i in range(steps + 1)]


def _below(crest: list[Point], width: float, height: float) -> str:
    return polygon([*crest, (width, height), (0, height)])


def _bumped(
    centre: Point, radius: float, angle: float, bumps: list[tuple[int, float, float]]
) -> Point:
    swell = sum(size * cos(times * angle + phase) for times, size, phase in bumps)
    return around(centre, radius * (1 + swell), angle)


def _spark(centre: Point, size: float) -> str:
    x, y = centre
    return (
        f"M{at((x, y - size))}Q{at(centre)} {at((x + size, y))}Q{at(centre)} {at((x, y + size))}"
        f"Q{at(centre)} {at((x - size, y))}Q{at(centre)} {at((x, y - size))}z"
    )
