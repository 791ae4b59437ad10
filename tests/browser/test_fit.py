"""Measured in a real browser: whatever people call themselves, their card holds its text."""

import pytest
from playwright.async_api import CDPSession, Page

from techub_cards.card import Card
from techub_cards.catalogue import ARCHETYPES, SPIRIT_ANIMALS
from techub_cards.samples import sample
from techub_cards.text import clean
from techub_cards.torture import DOZEN, TORTURE_NAMES, torture_texts
from techub_cards.variants import VARIANTS, Variant

from .measuring import GLYPHS, WORDS, faint, faults, measured

LONG = (
    "Rewrites the scheduler on a Friday, ships it on a Saturday and explains it on a Sunday. " * 6
)
THEMES = ("dark", "light")
CANVASES = tuple(VARIANTS.values())
COMPOSITIONS = tuple({variant.template: variant for variant in CANVASES}.values())

every_variant = pytest.mark.parametrize("variant", CANVASES, ids=list(VARIANTS))


def saying(text: str) -> Card:
    """Return a card on which everything anybody may write is this text."""
    return sample(
        **dict.fromkeys(WORDS, text), login="a" * 39, tags=[text] * 6, languages=[text] * 6
    )


def somebody(number: int, theme: str) -> Card:
    """Return one of twelve people who share neither archetype nor animal nor finish."""
    stat = 60 + number % 12 * 39 // 11
    return sample(
        login=f"somebody-{number}",
        archetype=ARCHETYPES[number % len(ARCHETYPES)],
        spirit_animal=SPIRIT_ANIMALS[number * 5 % len(SPIRIT_ANIMALS)],
        attack=stat,
        defense=stat,
        speed=stat,
        theme=theme,
    )


@every_variant
async def test_dozen(page: Page, variant: Variant) -> None:
    """A dozen troublesome texts, each in every field at once, fit every canvas."""
    for text in DOZEN:
        assert faults(variant, *await measured(page, variant, saying(text))) == []


@pytest.mark.parametrize("variant", COMPOSITIONS, ids=lambda variant: variant.template)
async def test_every_text_somewhere(page: Page, variant: Variant) -> None:
    """More than two hundred texts fit every composition, each in one of its fields."""
    texts = torture_texts()
    assert len(texts) > 200
    for first in range(0, len(texts), len(WORDS)):
        card = sample(**dict(zip(WORDS, texts[first : first + len(WORDS)], strict=False)))
        assert faults(variant, *await measured(page, variant, card)) == [], first


@pytest.mark.slow
@pytest.mark.timeout(600)
@every_variant
async def test_every_text_everywhere(page: Page, variant: Variant) -> None:
    """More than two hundred texts fit every canvas, in every field and as the name alone."""
    for text in torture_texts():
        assert faults(variant, *await measured(page, variant, saying(text))) == []
        assert faults(variant, *await measured(page, variant, sample(name=text, title=text))) == []


@every_variant
@pytest.mark.parametrize("theme", THEMES)
async def test_too_many_words(page: Page, variant: Variant, theme: str) -> None:
    """Six times too much text in every field ends at a word, inside its place."""
    card = sample(
        **(dict.fromkeys(WORDS, LONG) | {"name": "Ada Lovelace"}),
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

    assert faults(variant, report, found) == []
    written = [text["text"] for text in found["texts"]]
    shortened = [text.removesuffix("…") for text in written if text.endswith("…")]
    assert shortened or any(len(text) == 40 for text in written) or len(written) < 8
    for text in shortened:
        assert set(text.split()) <= set(f"{LONG} Jupyter Notebook".replace(".", "").split()) | set(
            LONG.split()
        ) or not text.startswith("Rewrites"), text


@every_variant
async def test_no_words(page: Page, variant: Variant) -> None:
    """A card with a login and nothing else is composed too."""
    card = sample(**dict.fromkeys(WORDS, ""), tags=[], languages=[], stars=0, followers=0)

    assert faults(variant, *await measured(page, variant, card)) == []


@every_variant
async def test_readable(page: Page, session: CDPSession, variant: Variant) -> None:
    """All text keeps 4.5:1 over the pixels really under it, dark and light."""
    number = list(VARIANTS).index(variant.name)
    for step, theme in enumerate(THEMES):
        _, found = await measured(page, variant, somebody(number + 6 * step, theme))
        assert await faint(page, session, found) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@every_variant
@pytest.mark.parametrize("theme", THEMES)
async def test_everybody_is_readable(
    page: Page, session: CDPSession, variant: Variant, theme: str
) -> None:
    """All text keeps 4.5:1 for every archetype, eleven animals and all five finishes."""
    for number in range(33):
        _, found = await measured(page, variant, somebody(number, theme))
        assert await faint(page, session, found) == []


async def test_no_tofu(page: Page) -> None:
    """Every letter of every torture text is drawn by some face, in the name and in the title."""
    texts = torture_texts()
    every = "".join(dict.fromkeys("".join(map(clean, texts))))
    shares = [every[first : first + 1000] for first in range(0, len(every), 1000)]
    card = sample(**dict(zip(WORDS[1:], shares, strict=False)), name=texts[0])
    await measured(page, VARIANTS["card"], card)

    for place in (".name", ".title"):
        assert await page.evaluate(GLYPHS, [place, [clean(text) for text in texts]]) == []
        assert await page.evaluate(GLYPHS, [place, ["a\u0380"]]) == ["\u0380"]  # nobody's letter


async def test_large_enough_in_a_feed(page: Page) -> None:
    """On a link preview 500 pixels wide, name, title and stats keep an x-height of 7 pixels."""
    variant = VARIANTS["og"]
    card = sample(name=TORTURE_NAMES[2], title="Grand Custodian of the Distributed Ledgers")
    _, found = await measured(page, variant, card)
    shown = [text for text in found["texts"] if text["place"] in {"name", "title", "stat-value"}]

    assert len(shown) == 5
    for text in shown:
        assert text["size"] * 0.5 * 500 / variant.width >= 7, text
