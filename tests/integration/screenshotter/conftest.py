"""A real Chromium, and pages for it to draw."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from techub_cards.card import Card
from techub_devstack.servers import chromium
from techub_screenshotter.browser import open_browser
from techub_screenshotter.studio import Studio

WORDS = (
    "title tagline flavor_text special_move special_move_description buff buff_description "
    "weakness weakness_description vibe vibe_description"
)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Give the Chromium of this machine."""
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture
def card() -> Card:
    """Give somebody's card."""
    return Card.model_validate(
        {
            **{name: f"some {name}" for name in WORDS.split()},
            "login": "ada",
            "name": "Ada Lightwood",
            "archetype": "The Sage",
            "spirit_animal": "Wombat",
            "attack": 71,
            "defense": 82,
            "speed": 93,
            "playing_card": "Ace of ♠",
            "tags": ["one", "two", "three", "four", "five", "six"],
            "languages": ["Python"],
            "stars": 12,
            "followers": 34,
            "repositories": 5,
            "number": 1,
            "edition": "First",
            "host": "techub.example",
            "profile_url": "https://techub.example/profiles/ada",
            "as_of": date(2026, 1, 2),
        }
    )


@pytest.fixture(scope="module")
async def studio(chromium_path: Path) -> AsyncIterator[Studio]:
    """Give a studio with two tabs and time enough."""
    async with aclosing(Studio(partial(open_browser, chromium_path, 2), seconds=30)) as studio:
        await studio.open()
        yield studio


def page_with(body: str, *, variant: str = "og", head: str = "") -> str:
    """Return a page that declares itself ready as the variant, with whatever inside."""
    return (
        f'<!doctype html><html data-variant="{variant}"><head><meta charset="utf-8">{head}</head>'
        f'<body style="margin:0"><div class="canvas">{body}</div></body></html>'
    )
