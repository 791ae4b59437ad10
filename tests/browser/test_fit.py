"""Measured in a real browser: whatever people call themselves, their card holds its text."""

from itertools import combinations
from pathlib import Path
from typing import TypedDict

import pytest
from playwright.async_api import Page

from techub_cards.card import Card
from techub_cards.fit import SCRIPT, FitReport
from techub_cards.render import render
from techub_cards.samples import TORTURE_NAMES, sample
from techub_cards.variants import VARIANTS, Variant

MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
LONG = (
    "Rewrites the scheduler on a Friday, ships it on a Saturday and explains it on a Sunday. " * 6
)
SLACK = 1.5
INK = 0.22

every_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=list(VARIANTS))


class Text(TypedDict):
    """One run of text as the browser set it, in pixels from the canvas's corner."""

    text: str
    place: str
    size: float
    left: float
    right: float
    top: float
    bottom: float


class Measured(TypedDict):
    """What the page holds once it is ready."""

    texts: list[Text]
    broken: int
    ready: str


async def measured(page: Page, variant: Variant, card: Card) -> tuple[FitReport, Measured]:
    """Draw the card as the screenshotter would and measure what came out."""
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


def assert_composed(variant: Variant, report: FitReport, found: Measured) -> None:
    """Everything fits its place, nothing leaves the canvas, meets another text or is too small."""
    smallest = max(11.0, 1.9 * variant.unit)
    assert report == {"ready": variant.name, "overflows": []}
    assert found["ready"] == variant.name
    assert found["broken"] == 0
    for text in found["texts"]:
        assert text["size"] >= smallest - 0.05, text
        assert text["left"] >= -SLACK, text
        assert text["top"] >= -SLACK, text
        assert text["right"] <= variant.width + SLACK, text
        assert text["bottom"] <= variant.height + SLACK, text
    collisions = [pair for pair in combinations(found["texts"], 2) if overlapping(*pair)]
    assert collisions == []


@every_variant
@pytest.mark.parametrize("name", TORTURE_NAMES, ids=range(len(TORTURE_NAMES)))
async def test_name(page: Page, variant: Variant, name: str) -> None:
    """A name of any length in any script fits."""
    card = sample(name=name, title=name, login="a" * 39)

    assert_composed(variant, *await measured(page, variant, card))


@every_variant
@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_too_many_words(page: Page, variant: Variant, theme: str) -> None:
    """Six times too much text in every field ends at a word, inside its place."""
    fields = [
        "bio",
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
    ]
    card = sample(
        **dict.fromkeys(fields, LONG),
        theme=theme,
        tags=["distributed-systems-engineering"] * 6,
        languages=["Jupyter Notebook"] * 6,
        profile_url="https://a-very-long-host-name.example.org/profiles/" + "a" * 39,
        host="a-very-long-host-name.example.org",
        stars=123_456_789,
        followers=987_654_321,
        repositories=123_456,
        number=123_456,
    )
    report, found = await measured(page, variant, card)

    assert_composed(variant, report, found)
    assert any(text["text"].endswith("…") or len(text["text"]) == 40 for text in found["texts"])


@every_variant
async def test_no_words(page: Page, variant: Variant) -> None:
    """A card with a login and nothing else is composed too."""
    fields = [
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
    ]
    card = sample(**dict.fromkeys(fields, ""), tags=[], languages=[], stars=0, followers=0)

    assert_composed(variant, *await measured(page, variant, card))


async def test_large_enough_in_a_feed(page: Page) -> None:
    """On a link preview 500 pixels wide, name, title and stats keep an x-height of 7 pixels."""
    variant = VARIANTS["og"]
    card = sample(name=TORTURE_NAMES[2], title="Grand Custodian of the Distributed Ledgers")
    _, found = await measured(page, variant, card)
    shown = [text for text in found["texts"] if text["place"] in {"name", "title", "stat-value"}]

    assert len(shown) == 5
    for text in shown:
        assert text["size"] * 0.5 * 500 / variant.width >= 7, text
