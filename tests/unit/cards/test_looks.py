"""Every catalogue entry has its emblem, colours and motif, and text stands out from its ground."""

import re
from importlib.resources import files
from itertools import pairwise, product

import pytest

from techub_cards.art import art_shapes, rosette
from techub_cards.catalogue import ARCHETYPES, PLAYING_CARDS, SPIRIT_ANIMALS
from techub_cards.colours import contrast, oklch
from techub_cards.emblems import animal_path, archetype_path, mark_path
from techub_cards.motifs import MOTIFS
from techub_cards.palettes import FAMILIES, LANGUAGE_HUES, palette_of
from techub_cards.render import corner_of
from techub_cards.samples import ADA, sample
from techub_cards.tiers import TIERS

THEMES = ("dark", "light")
ENOUGH = 4.5


def over(ground: str, art: str, share: float) -> str:
    """Return the colour seen where art shows through the ground by that share."""
    channels = (
        round(int(ground[at : at + 2], 16) * (1 - share) + int(art[at : at + 2], 16) * share)
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def test_catalogue_sizes() -> None:
    """There are twelve archetypes, thirty-three animals and fifty-two playing cards."""
    assert (len(ARCHETYPES), len(SPIRIT_ANIMALS), len(PLAYING_CARDS)) == (12, 33, 52)


def test_emblems() -> None:
    """Each archetype and each animal has an emblem of its own."""
    drawn = {archetype_path(name) for name in ARCHETYPES} | {
        animal_path(name) for name in SPIRIT_ANIMALS
    }

    assert len(drawn) == len(ARCHETYPES) + len(SPIRIT_ANIMALS)
    assert mark_path("stars") not in drawn


def test_families_and_motifs() -> None:
    """Each archetype has a family of colours and each animal a motif."""
    assert set(FAMILIES) == set(ARCHETYPES)
    assert set(MOTIFS) == set(SPIRIT_ANIMALS)


@pytest.mark.parametrize("name", PLAYING_CARDS)
def test_corners(name: str) -> None:
    """Each card of the deck has a corner index, red for hearts and diamonds."""
    corner = corner_of(sample(playing_card=name))

    assert corner is not None
    assert corner.red == (name[-1] in "♥♦")


def test_no_such_playing_card() -> None:
    """A card no deck has is drawn without an index."""
    assert corner_of(sample(playing_card="Joker")) is None


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("archetype", [*ARCHETYPES, "The Stranger"])
def test_contrast(archetype: str, theme: str) -> None:
    """All text keeps 4.5:1 over ground, panel, and art behind its veil, whatever the language."""
    for language in (*LANGUAGE_HUES, "Whitespace"):
        palette = palette_of(sample(archetype=archetype, theme=theme, languages=[language]))
        veiled = [over(palette.ground, art, 0.25) for art in (palette.art_1, palette.art_4)]
        for text, ground in product(
            (palette.ink, palette.soft, palette.accent), (palette.ground, palette.panel, *veiled)
        ):
            assert contrast(text, ground) >= ENOUGH, (archetype, language, text, ground)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tier", [tier.name for tier in TIERS])
def test_seal_contrast(tier: str, theme: str) -> None:
    """The tier's name is readable on every archetype's ground."""
    css = files("techub_cards").joinpath("styles/tiers.css").read_text(encoding="utf-8")
    rule = rf"\.light\.{tier} {{" if theme == "light" else rf"(?m)^\.{tier} {{"
    seal = re.search(rf"{rule}[^}}]*--seal: (#\w+);", css)
    assert seal is not None

    for archetype in ARCHETYPES:
        palette = palette_of(sample(archetype=archetype, theme=theme))
        for art in (palette.art_1, palette.art_4):
            assert contrast(seal[1], over(palette.ground, art, 0.12)) >= ENOUGH


def test_same_person_same_art() -> None:
    """A login always gets the same art, whatever else is on the card."""
    other = sample(attack=60, title="Another", languages=["C"])

    assert art_shapes(ADA, 190, 100) == art_shapes(other, 190, 100)
    assert rosette(ADA) == rosette(other)


@pytest.mark.parametrize("animal", SPIRIT_ANIMALS)
def test_different_people_different_art(animal: str) -> None:
    """Two people of the same animal get visibly different art, and neither of them much of it."""
    drawn = [
        tuple(art_shapes(sample(login=login, spirit_animal=animal), 178, 100))
        for login in ("ada", "grace", "linus")
    ]

    assert all(one != other for one, other in pairwise(drawn))
    assert all(sum(len(shape.path) for shape in shapes) < 80_000 for shapes in drawn)


@pytest.mark.parametrize("animal", SPIRIT_ANIMALS)
def test_art_is_well_formed(animal: str) -> None:
    """Every path holds only path data, in one of four tones."""
    for shape in art_shapes(sample(spirit_animal=animal), 178, 100):
        assert re.fullmatch(r"[MLQaqz0-9 .\-]+", shape.path)
        assert shape.tone in {1, 2, 3, 4}


def test_known_colours() -> None:
    """White, black and mid grey come out as themselves."""
    assert (oklch(1, 0, 0), oklch(0, 0, 0)) == ("#ffffff", "#000000")
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
