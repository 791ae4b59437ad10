"""Draws the samples' avatars: `python draw_avatars.py`. The same code gives the same pictures."""

import math
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

AVATARS = Path(__file__).parents[1] / "src" / "techub_devstack" / "samples" / "avatars"
SIZE = 320
SCALE = 3  # drawn larger, then brought down: smooth edges
EDGE = SIZE * SCALE
COLOURS = 128

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw


def at(share: float) -> float:
    """Return a length given as a share of the picture's edge."""
    return share * EDGE


def ground(top: Colour, bottom: Colour) -> tuple[Image.Image, Pen]:
    """Return a picture filled from the top colour to the bottom one."""
    column = Image.new("RGB", (1, EDGE))
    for y in range(EDGE):
        mix = y / (EDGE - 1)
        column.putpixel(
            (0, y), tuple(round(a + (b - a) * mix) for a, b in zip(top, bottom, strict=True))
        )
    picture = column.resize((EDGE, EDGE))
    return picture, ImageDraw.Draw(picture)


def disc(pen: Pen, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
    """Fill an ellipse about a point."""
    pen.ellipse([at(x - rx), at(y - ry), at(x + rx), at(y + ry)], fill=colour)


def shape(pen: Pen, points: list[tuple[float, float]], colour: Colour) -> None:
    """Fill a polygon."""
    pen.polygon([(at(x), at(y)) for x, y in points], fill=colour)


def arc(  # noqa: PLR0913, PLR0917 - an arc has that many
    pen: Pen,
    x: float,
    y: float,
    rx: float,
    ry: float,
    angles: tuple[int, int],
    colour: Colour,
    width: float,
) -> None:
    """Draw a part of an ellipse."""
    box = [at(x - rx), at(y - ry), at(x + rx), at(y + ry)]
    pen.arc(box, *angles, fill=colour, width=round(at(width)))


def bust(pen: Pen, skin: Colour, shade: Colour, coat: Colour) -> None:
    """Shoulders, neck and head, seen from the front."""
    disc(pen, 0.5, 1.02, 0.36, 0.27, coat)
    pen.rounded_rectangle([at(0.43), at(0.58), at(0.57), at(0.84)], at(0.06), fill=shade)
    disc(pen, 0.5, 0.48, 0.185, 0.225, skin)


def face(
    pen: Pen, ink: Colour, *, blush: Colour | None = None, smile: tuple[int, int] = (25, 155)
) -> None:
    """Eyes, brows and a smile."""
    for side in (-1, 1):
        disc(pen, 0.5 + side * 0.075, 0.475, 0.017, 0.024, ink)
        disc(pen, 0.506 + side * 0.075, 0.467, 0.006, 0.008, (255, 255, 255))
        arc(pen, 0.5 + side * 0.078, 0.445, 0.036, 0.026, (205, 335), ink, 0.008)
        if blush:
            disc(pen, 0.5 + side * 0.118, 0.545, 0.03, 0.02, blush)
    arc(pen, 0.5, 0.56, 0.062, 0.045, smile, ink, 0.011)


def juniper() -> Image.Image:
    """A lighthouse keeper in a red beanie, its beam behind her."""
    picture, pen = ground((20, 42, 78), (62, 132, 158))
    beam = Image.new("L", (EDGE, EDGE))
    light = ImageDraw.Draw(beam)
    light.polygon([(at(0.86), at(0.2)), (at(-0.1), at(-0.05)), (at(-0.1), at(0.42))], fill=120)
    picture.paste((255, 226, 150), mask=beam.filter(ImageFilter.GaussianBlur(at(0.03))))
    shape(pen, [(0.81, 0.9), (0.835, 0.27), (0.895, 0.27), (0.92, 0.9)], (240, 236, 226))
    for y in (0.4, 0.58, 0.76):
        pen.rectangle([at(0.815), at(y), at(0.915), at(y + 0.07)], fill=(208, 70, 62))
    pen.rectangle([at(0.83), at(0.17), at(0.9), at(0.26)], fill=(255, 222, 120))
    shape(pen, [(0.815, 0.17), (0.865, 0.1), (0.915, 0.17)], (208, 70, 62))
    disc(pen, 0.5, 0.56, 0.235, 0.29, (158, 74, 38))
    bust(pen, (250, 214, 186), (232, 184, 152), (245, 190, 66))
    pen.rectangle([at(0.47), at(0.78), at(0.53), at(1)], fill=(224, 164, 44))
    face(pen, (52, 36, 34), blush=(246, 176, 154))
    for side in (-1, 1):
        arc(pen, 0.5 + side * 0.078, 0.478, 0.052, 0.052, (0, 360), (46, 52, 66), 0.009)
    pen.line(
        [at(0.474), at(0.474), at(0.526), at(0.474)], fill=(46, 52, 66), width=round(at(0.009))
    )
    pen.pieslice([at(0.29), at(0.13), at(0.71), at(0.62)], 180, 360, fill=(200, 58, 54))
    pen.rounded_rectangle([at(0.285), at(0.335), at(0.715), at(0.41)], at(0.03), fill=(226, 92, 80))
    disc(pen, 0.5, 0.135, 0.05, 0.05, (250, 240, 226))
    return picture


def odessa() -> Image.Image:
    """A smith with goggles before the glow of her forge."""
    picture, pen = ground((44, 18, 30), (226, 96, 34))
    sparks = random.Random("sparks")
    for _ in range(70):
        x, y, r = sparks.random(), sparks.random() ** 0.7, 0.003 + 0.007 * sparks.random()
        disc(pen, x, y, r, r, (255, 190 + sparks.randrange(60), 90))
    for turn in range(15):
        angle = math.pi * (1.0 + turn / 14)
        disc(
            pen,
            0.5 + 0.2 * math.cos(angle),
            0.44 + 0.235 * math.sin(angle),
            0.085,
            0.085,
            (30, 18, 20),
        )
    disc(pen, 0.5, 0.44, 0.23, 0.24, (30, 18, 20))
    bust(pen, (122, 72, 48), (98, 56, 38), (58, 62, 74))
    shape(pen, [(0.36, 0.8), (0.64, 0.8), (0.68, 1.0), (0.32, 1.0)], (146, 92, 52))
    face(pen, (24, 14, 14), smile=(15, 165))
    pen.rounded_rectangle([at(0.3), at(0.3), at(0.7), at(0.335)], at(0.015), fill=(70, 48, 36))
    for side in (-1, 1):
        disc(pen, 0.5 + side * 0.08, 0.317, 0.07, 0.062, (196, 150, 70))
        disc(pen, 0.5 + side * 0.08, 0.317, 0.053, 0.046, (96, 190, 200))
        disc(pen, 0.486 + side * 0.08, 0.302, 0.016, 0.012, (226, 250, 250))
    return picture


def pip() -> Image.Image:
    """A student with a sprout."""
    picture, pen = ground((198, 240, 214), (118, 206, 168))
    for x, y in ((0.12, 0.2), (0.86, 0.3), (0.16, 0.72), (0.88, 0.78), (0.28, 0.08), (0.7, 0.1)):
        disc(pen, x, y, 0.025, 0.025, (224, 250, 232))
    disc(pen, 0.5, 0.43, 0.205, 0.22, (92, 62, 44))
    bust(pen, (242, 200, 164), (222, 172, 134), (88, 120, 206))
    shape(
        pen,
        [
            (0.32, 0.4),
            (0.36, 0.27),
            (0.5, 0.22),
            (0.64, 0.27),
            (0.68, 0.4),
            (0.56, 0.34),
            (0.42, 0.37),
        ],
        (92, 62, 44),
    )
    face(pen, (56, 40, 36), blush=(244, 168, 142))
    arc(pen, 0.53, 0.17, 0.06, 0.1, (150, 215), (70, 140, 70), 0.014)
    disc(pen, 0.43, 0.115, 0.06, 0.032, (96, 180, 84))
    disc(pen, 0.545, 0.09, 0.065, 0.034, (116, 200, 96))
    return picture


def hoshino() -> Image.Image:
    """A night person under a frog's hood."""
    picture, pen = ground((24, 16, 62), (110, 62, 152))
    stars = random.Random("stars")
    for _ in range(60):
        r = 0.002 + 0.004 * stars.random()
        disc(pen, stars.random(), stars.random() * 0.8, r, r, (255, 246, 214))
    disc(pen, 0.84, 0.17, 0.085, 0.085, (255, 236, 176))
    disc(pen, 0.805, 0.15, 0.075, 0.075, (37, 24, 76))
    disc(pen, 0.5, 0.98, 0.4, 0.28, (84, 176, 92))
    disc(pen, 0.5, 0.46, 0.28, 0.29, (98, 196, 104))
    for side in (-1, 1):
        disc(pen, 0.5 + side * 0.15, 0.2, 0.088, 0.088, (98, 196, 104))
        disc(pen, 0.5 + side * 0.15, 0.19, 0.058, 0.058, (250, 252, 240))
        disc(pen, 0.5 + side * 0.142, 0.195, 0.03, 0.034, (26, 26, 34))
    disc(pen, 0.5, 0.51, 0.19, 0.2, (250, 222, 200))
    shape(
        pen,
        [
            (0.32, 0.49),
            (0.37, 0.34),
            (0.5, 0.3),
            (0.63, 0.34),
            (0.68, 0.49),
            (0.58, 0.42),
            (0.5, 0.44),
            (0.42, 0.42),
        ],
        (32, 28, 46),
    )
    face(pen, (40, 28, 40), blush=(250, 170, 170))
    arc(pen, 0.5, 0.7, 0.12, 0.05, (20, 160), (60, 140, 70), 0.012)
    return picture


def layla() -> Image.Image:
    """A map maker in an indigo scarf before the dunes."""
    picture, pen = ground((250, 198, 128), (240, 140, 96))
    disc(pen, 0.2, 0.24, 0.1, 0.1, (255, 240, 204))
    shape(pen, [(0, 0.62), (0.3, 0.5), (0.62, 0.66), (1, 0.52), (1, 1), (0, 1)], (222, 128, 76))
    shape(pen, [(0, 0.8), (0.4, 0.68), (1, 0.86), (1, 1), (0, 1)], (196, 98, 62))
    disc(pen, 0.5, 1.04, 0.38, 0.34, (42, 58, 128))
    disc(pen, 0.5, 0.5, 0.25, 0.31, (52, 72, 156))
    bust(pen, (214, 160, 118), (190, 134, 96), (42, 58, 128))
    pen.pieslice([at(0.29), at(0.21), at(0.71), at(0.68)], 180, 360, fill=(52, 72, 156))
    disc(pen, 0.5, 0.5, 0.165, 0.19, (214, 160, 118))
    shape(
        pen,
        [(0.33, 0.42), (0.4, 0.3), (0.6, 0.28), (0.68, 0.42), (0.6, 0.37), (0.44, 0.38)],
        (64, 88, 180),
    )
    arc(pen, 0.5, 0.66, 0.23, 0.16, (10, 170), (232, 186, 88), 0.014)
    face(pen, (44, 28, 26), blush=(222, 142, 112))
    return picture


def saltmarsh() -> Image.Image:
    """A sun over reeds and water."""
    picture, pen = ground((250, 226, 178), (244, 172, 120))
    disc(pen, 0.5, 0.47, 0.22, 0.22, (234, 92, 70))
    for row, y in enumerate((0.62, 0.71, 0.8, 0.89)):
        colour = (40 + row * 4, 104 - row * 12, 120 - row * 12)
        wave = [(x / 40, y + 0.018 * math.sin(x / 3 + row)) for x in range(41)]
        shape(pen, [*wave, (1, 1), (0, 1)], colour)
    for x, height, lean in (
        (0.14, 0.5, 0.03),
        (0.22, 0.62, 0.02),
        (0.3, 0.42, -0.02),
        (0.72, 0.46, 0.02),
        (0.8, 0.64, -0.03),
        (0.88, 0.5, -0.04),
    ):
        foot, head = (at(x), at(0.98)), (at(x + lean), at(0.98 - height))
        pen.line([foot, head], fill=(34, 60, 48), width=round(at(0.014)))
        disc(pen, x + lean, 0.98 - height, 0.02, 0.065, (92, 56, 40))
    return picture


def ghost() -> Image.Image:
    """A ghost that just moved in."""
    picture, pen = ground((214, 218, 226), (170, 176, 190))
    disc(pen, 0.5, 0.46, 0.22, 0.24, (250, 251, 253))
    pen.rectangle([at(0.28), at(0.46), at(0.72), at(0.8)], fill=(250, 251, 253))
    for x in (0.353, 0.5, 0.647):
        disc(pen, x, 0.8, 0.0735, 0.055, (250, 251, 253))
    for side in (-1, 1):
        disc(pen, 0.5 + side * 0.08, 0.45, 0.03, 0.042, (70, 76, 92))
    disc(pen, 0.5, 0.57, 0.03, 0.022, (70, 76, 92))
    return picture


DRAWN: dict[str, Callable[[], Image.Image]] = {
    "juniper-fogwhistle": juniper,
    "odessa-brightforge": odessa,
    "pip-tealeaf": pip,
    "hoshino-kaeru-labs": hoshino,
    "layla-of-the-dunes": layla,
    "saltmarsh-collective": saltmarsh,
    "ghost-town-2049": ghost,
}


def main() -> None:
    """Draw everyone who has a picture."""
    AVATARS.mkdir(parents=True, exist_ok=True)
    for login, draw in DRAWN.items():
        small = draw().resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        few = small.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(AVATARS / f"{login}.png", optimize=True)


if __name__ == "__main__":
    main()
