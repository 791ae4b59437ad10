"""What a canvas holds once it is ready, measured in the browser and in its pixels."""

import base64
import io
from itertools import combinations
from pathlib import Path
from typing import TypedDict

from PIL import Image
from playwright.async_api import CDPSession, Page

from techub_cards.card import Card
from techub_cards.colours import contrast
from techub_cards.fit import SCRIPT, FitReport
from techub_cards.render import render
from techub_cards.variants import Variant

MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
GLYPHS = Path(__file__).with_name("glyphs.js").read_text(encoding="utf-8")
WORDS = (
    "name",
    "bio",
    "location",
    "title",
    "tagline",
    "flavor_text",
    "special_move",
    "special_move_description",
    "buff",
    "buff_description",
    "weakness",
    "weakness_description",
    "vibe",
    "vibe_description",
    "edition",
)
SLACK = 1.5
INK = 0.22
ENOUGH = 4.5
STRAY = 0.1
"""The share of the ground under a text that a thin line of art may take from its contrast."""

NO_TEXT = """() => {
  const sheet = document.createElement("style");
  sheet.textContent = "* { -webkit-text-fill-color: transparent !important; }";
  document.head.append(sheet);
}"""


class Text(TypedDict):
    """One run of text as the browser set it, in pixels from the canvas's corner."""

    text: str
    place: str
    size: float
    colour: str
    left: float
    right: float
    top: float
    bottom: float
    lines: list[tuple[float, float, float, float]]


class Measured(TypedDict):
    """What the page holds once it is ready."""

    texts: list[Text]
    broken: int
    ready: str


async def measured(page: Page, variant: Variant, card: Card) -> tuple[FitReport, Measured]:
    """Draw the card as the screenshotter would and measure what came out."""
    size = {"width": variant.width, "height": variant.height}
    if page.viewport_size != size:
        await page.set_viewport_size({"width": variant.width, "height": variant.height})
    await page.set_content(render(variant, card))
    report: FitReport = await page.evaluate(SCRIPT)
    found: Measured = await page.evaluate(MEASURE)
    return report, found


def overlapping(one: Text, other: Text) -> bool:
    """Tell whether the ink of two texts meets; line boxes may touch, letters may not."""
    wide = min(one["right"], other["right"]) - max(one["left"], other["left"])
    ink = [
        (t["top"] + INK * (t["bottom"] - t["top"]), t["bottom"] - INK * (t["bottom"] - t["top"]))
        for t in (one, other)
    ]
    high = min(ink[0][1], ink[1][1]) - max(ink[0][0], ink[1][0])
    return wide > SLACK and high > SLACK


def faults(variant: Variant, report: FitReport, found: Measured) -> list[str]:
    """Return what is wrong: text too long, too small, beyond the canvas, upon other text."""
    smallest = max(11.0, 1.9 * variant.unit) - 0.05
    wrong = [f"does not fit: {text}" for text in report["overflows"]]
    if {report["ready"], found["ready"]} != {variant.name}:
        wrong.append(f"not ready: {report['ready']}, {found['ready']}")
    if found["broken"]:
        wrong.append(f"{found['broken']} faces are broken")
    for text in found["texts"]:
        if text["size"] < smallest:
            wrong.append(f"too small: {text['place']} at {text['size']:.1f} px")
        if min(text["left"], text["top"]) < -SLACK:
            wrong.append(f"beyond the top or left: {text['place']}")
        if text["right"] > variant.width + SLACK or text["bottom"] > variant.height + SLACK:
            wrong.append(f"beyond the bottom or right: {text['place']}")
    wrong.extend(
        f"meet: {one['place']} {one['text']!r}, {other['place']} {other['text']!r}"
        for one, other in combinations(found["texts"], 2)
        if overlapping(one, other)
    )
    return wrong


async def faint(page: Page, session: CDPSession, found: Measured) -> list[tuple[float, str, str]]:
    """Return each text that stands out too little from the pixels really under it, and by how much.

    The page keeps its layout and loses its text, so that only the ground is photographed.
    """
    await page.evaluate(NO_TEXT)
    shot = await session.send("Page.captureScreenshot", {"optimizeForSpeed": True})
    ground = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    weak = []
    for text in found["texts"]:
        ratio = min(worst(ground, line, _hex(text["colour"])) for line in text["lines"])
        if ratio < ENOUGH:
            weak.append((round(ratio, 2), text["place"], text["text"]))
    return weak


def worst(ground: Image.Image, line: tuple[float, float, float, float], colour: str) -> float:
    """Return the contrast that all but a stray share of the ground under the line reaches."""
    left, top, right, bottom = line
    inset = INK * (bottom - top)
    box = tuple(round(value) for value in (left, top + inset, right, bottom - inset))
    patch = ground.crop(box)  # type: ignore[arg-type]
    patch.thumbnail((80, 40), Image.Resampling.NEAREST)
    counted = sorted(
        (contrast(colour, f"#{red:02x}{green:02x}{blue:02x}"), count)
        for count, (red, green, blue) in patch.getcolors(patch.width * patch.height) or ()  # type: ignore[misc]
    )
    spare = STRAY * patch.width * patch.height
    for ratio, count in counted:
        spare -= count
        if spare < 0:
            return ratio
    return ENOUGH


def _hex(colour: str) -> str:
    red, green, blue = (int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"
