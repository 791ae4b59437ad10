"""What a model is told of a README and a page: their sentences, as much as there is room for."""

from collections.abc import Callable

import pytest

from techub_generator.gemini.context import (
    MOST_TOKENS,
    README_TOKENS,
    SCRAPE_TOKENS,
    Material,
    context_of,
    tokens_of,
)
from techub_generator.gemini.prompts import TraitsPrompt
from techub_generator.pages.page import LONGEST_TEXT
from techub_generator.profile import GitHubProfile
from techub_generator.scrape import Scrape
from tests.unit.generator.conftest import READ_AT
from tests.unit.linear import FAR_TOO_LONG, filled, processor_seconds

Make = Callable[..., GitHubProfile]


@pytest.mark.parametrize(
    "piece",
    [
        "[![](",
        "<!--",
        "<!-",
        "<a ",
        "<",
        "![",
        "![](",
        "![a](b",
        "[",
        "[]",
        "[](",
        "[a](b",
        "[a]",
        "](",
        "```",
        "``` ",
        "#\n",
        "a.",
        "www.",
        "http:",
        "a@b.c+",
        "\u0301",
        "\u200d",
        "é",
    ],
)
def test_no_readme_is_a_long_job(profile: Make, piece: str) -> None:
    """Whatever a README repeats, and never closes, its sentences are found at once."""
    told = Material(profile(readme=filled(piece, 64_000), bio=filled(piece, 2_000)))

    assert processor_seconds(lambda: context_of(told)) < FAR_TOO_LONG


@pytest.mark.parametrize(
    ("readme", "said"),
    [
        ("# Ada\n\nI keep *lamps* lit.", "Ada I keep *lamps* lit."),
        ("[![build](https://b.test/x.svg)](https://b.test) Hello", "Hello"),
        ("![a\\b](c.png) Hello", "Hello"),
        ("See [the\nengine](https://e.test) run", "See the engine run"),
        ("One<!-- two\nthree -->four", "One four"),
        ("One <b title='x'>two</b>", "One two"),
        ("One\n```sh\nrm -rf [x](y)\n```\ntwo", "One two"),
        ("One ``` two", "One two"),
        ("One <!-- two", "One <! two"),
        ("2 < 3", "2 < 3"),
    ],
)
def test_sentences(profile: Make, readme: str, said: str) -> None:
    """Badges, pictures, tags, comments and code are left out; what is never closed is text."""
    assert context_of(Material(profile(readme=readme)))["readme"] == said


def test_room(profile: Make) -> None:
    """A long README and a long page are told as far as their budgets go, and not further."""
    words = "Keeps the analytical engine oiled and teaches others to hear it hum. "
    page = Scrape(url="https://x.test", text=filled(words, LONGEST_TEXT), fetched_at=READ_AT)
    told = context_of(Material(profile(readme=filled(words, 64_000)), page=page))

    assert README_TOKENS - 100 < tokens_of(told["readme"]) <= README_TOKENS
    assert SCRAPE_TOKENS - 100 < tokens_of(told["scraped_content"]["text"]) <= SCRAPE_TOKENS
    assert tokens_of(TraitsPrompt(told).question()) <= MOST_TOKENS
