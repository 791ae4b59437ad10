"""Twelve patterns, one behind every spirit animal: scales, webs, plumage, dunes and the rest."""

from collections.abc import Callable, Iterator, Mapping
from math import cos, hypot, pi, sin
from types import MappingProxyType
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

LIT_CELLS: Final = 0.3

Motif = Callable[[Dice, float, float], Iterator[Shape]]


def scales(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Overlapping scales whose tone follows a pattern along the skin."""
    size, field = dice.between(10, 14), Field(dice)
    rows, columns = int(height / (size * 0.52)) + 2, int(width / size) + 2
    paths: dict[int, list[str]] = {tone: [] for tone in (1, 2, 3, 4)}
    for row in range(rows, -1, -1):
        for column in range(-1, columns):
            x, y = (column + row % 2 / 2) * size, row * size * 0.52 - size
            half = size / 2
            paths[field.tone(x, y)].append(
                f"M{number(x)} {number(y)}q{number(half * 0.9)} {number(half * 0.9)} 0 {number(size * 0.94)}"
                f"q{number(-half * 0.9)} {number(-size * 0.94 + half * 0.9)} 0 {number(-size * 0.94)}z"
            )
    for tone, drawn in paths.items():
        yield Shape(tone, "".join(drawn))


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


def waves(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """Swell behind swell, each with a lit crest."""
    bands = dice.count(8, 10)
    for band in range(bands):
        level = height * (0.12 + 0.95 * band / bands)
        crest = _swell(dice, width, level, 3.2 + band * 0.5)
        yield Shape((1, 2, 1, 3)[band % 4], _below(crest, width, height))
        yield Shape(4 if band % 2 else 3, polyline(crest), 0.35)


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


def contours(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """A survey map: three hills drawn by lines of equal height."""
    for _ in range(3):
        centre = (dice.between(0.1, 1) * width, dice.between(0.05, 0.95) * height)
        bumps = [(dice.count(2, 5), dice.between(0.05, 0.2), dice.between(0, TURN)) for _ in range(3)]
        outer = dice.between(38, 60)
        for step in range(7):
            radius = outer * (1 - step / 7.5)
            outline = smooth([_bumped(centre, radius, TURN * i / 28, bumps) for i in range(28)])
            if step % 2 == 0:
                yield Shape((1, 2, 3, 4)[step // 2], outline)
            else:
                yield Shape(min(4, step // 2 + 2), outline, 0.35)


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
    for attempt in range(190):
        radius = dice.between(3, 19) if attempt < 70 else dice.between(1.5, 7)
        centre = (dice.between(0, width), dice.between(0, height))
        if any(hypot(centre[0] - x, centre[1] - y) < radius + r + 0.7 for (x, y), r in placed):
            continue
        placed.append((centre, radius))
        tone = dice.count(1, 3)
        yield Shape(tone, circle(centre, radius))
        yield Shape(min(4, tone + 1), circle(centre, radius * 0.72), radius * 0.16)
        if radius > 5:
            yield Shape(min(4, tone + 2), circle(centre, radius * 0.34))


def confetti(dice: Dice, width: float, height: float) -> Iterator[Shape]:
    """A toy box tipped out: discs, wedges, zigzags and crosses on a loose grid."""
    step = 14.5
    for row in range(int(height / step) + 1):
        for column in range(int(width / step) + 1):
            x = (column + 0.5 + dice.between(-0.22, 0.22)) * step
            y = (row + 0.5 + dice.between(-0.22, 0.22)) * step
            size, tone, turn = dice.between(3, 5.6), dice.count(1, 4), dice.between(0, TURN)
            toy = dice.count(0, 4)
            if toy == 0:
                yield Shape(tone, circle((x, y), size))
            elif toy == 1:
                yield Shape(tone, polygon(around((x, y), size * 1.25, turn + i * TURN / 3) for i in range(3)))
            elif toy == 2:
                yield Shape(tone, _zigzag((x, y), size, turn), 1.3)
            elif toy == 3:
                yield Shape(tone, _cross((x, y), size, turn), 2.0)
            else:
                yield Shape(tone, circle((x, y), size * 0.8), 1.4)


MOTIFS: Final[Mapping[str, Motif]] = MappingProxyType(
    {
        "Bandicoot": contours,
        "Bilby": night,
        "Blue-ringed Octopus": rings,
        "Box Jellyfish": rings,
        "Cassowary": plumage,
        "Cockatoo": plumage,
        "Danger Noodle": scales,
        "Dingo": dunes,
        "Echidna": spines,
        "Emu": plumage,
        "Flying Fox": night,
        "Frilled-neck Lizard": spines,
        "Funnel-web Spider": web,
        "Goanna": contours,
        "Great White Shark": waves,
        "Kangaroo": dunes,
        "Koala": canopy,
        "Kookaburra": canopy,
        "Loftbubu": confetti,
        "Magpie": plumage,
        "Platypus": waves,
        "Possum": canopy,
        "Quokka": confetti,
        "Redback Spider": web,
        "Saltwater Crocodile": scales,
        "Stonefish": spines,
        "Sugar Glider": night,
        "Taipan": scales,
        "Tasmanian Devil": stripes,
        "Tiger Snake": stripes,
        "Wallaby": dunes,
        "Wedge-tailed Eagle": plumage,
        "Wombat": contours,
    }
)


def motif_of(spirit_animal: str) -> Motif:
    """Return the animal's pattern; a stranger to the catalogue gets contours."""
    return MOTIFS.get(spirit_animal, contours)


def _sagging(centre: Point, radius: float, one: float, two: float) -> str:
    sag = around(centre, radius * 0.86, (one + two) / 2)
    return f"M{at(around(centre, radius, one))}Q{at(sag)} {at(around(centre, radius, two))}"


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


def _zigzag(centre: Point, size: float, turn: float) -> str:
    along = [around(centre, size * 1.5 * step, turn) for step in (-1, -0.5, 0, 0.5, 1)]
    return polyline(
        around(point, size * 0.5 * (-1) ** index, turn + pi / 2) for index, point in enumerate(along)
    )


def _cross(centre: Point, size: float, turn: float) -> str:
    arms = [around(centre, size, turn + i * pi / 2) for i in range(4)]
    return polyline((arms[0], arms[2])) + polyline((arms[1], arms[3]))
