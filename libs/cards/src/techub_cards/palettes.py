"""A card's colours: the archetype sets the family, the dominant language the accent."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Final

from techub_cards.card import Card
from techub_cards.colours import oklch
from techub_cards.dice import Dice

SOBER: Final = 0.3


@dataclass(frozen=True, slots=True)
class Family:
    """The two hues an archetype paints with, and how strongly."""

    hue: float
    second: float
    strength: float = 1.0


FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "The Innocent": Family(215, 350, 0.9),
        "The Everyman": Family(65, 150, 0.75),
        "The Hero": Family(30, 75, 1.1),
        "The Outlaw": Family(12, 300, 0.95),
        "The Explorer": Family(175, 95),
        "The Creator": Family(48, 345, 1.1),
        "The Ruler": Family(300, 85),
        "The Magician": Family(280, 195, 1.1),
        "The Lover": Family(0, 50),
        "The Caregiver": Family(150, 220, 0.9),
        "The Jester": Family(330, 130, 1.15),
        "The Sage": Family(250, 80, 0.9),
    }
)

LANGUAGE_HUES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "C": 240,
        "C#": 145,
        "C++": 355,
        "CSS": 300,
        "Clojure": 140,
        "Dart": 205,
        "Elixir": 310,
        "Elm": 220,
        "Erlang": 10,
        "F#": 265,
        "Fortran": 300,
        "Go": 205,
        "HTML": 40,
        "Haskell": 290,
        "Java": 60,
        "JavaScript": 100,
        "Julia": 320,
        "Jupyter Notebook": 55,
        "Kotlin": 305,
        "Lua": 260,
        "Nix": 245,
        "OCaml": 65,
        "Objective-C": 255,
        "PHP": 280,
        "Perl": 220,
        "Python": 250,
        "R": 255,
        "Ruby": 22,
        "Rust": 45,
        "Scala": 20,
        "Shell": 135,
        "Svelte": 35,
        "Swift": 38,
        "TypeScript": 245,
        "Vim Script": 150,
        "Vue": 160,
        "Zig": 75,
    }
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Every colour a style may use; each is written into the page as a custom property."""

    ground: str
    panel: str
    line: str
    ink: str
    soft: str
    accent: str
    bright: str
    deep: str
    art_a: str
    art_b: str
    art_1: str
    art_2: str
    art_3: str
    art_4: str

    def properties(self) -> str:
        """Return the colours as CSS custom properties."""
        return "".join(
            f"--{name.replace('_', '-')}:{value};" for name, value in asdict(self).items()
        )


def family_of(archetype: str) -> Family:
    """Return the archetype's family; a stranger to the catalogue gets a hue of its own."""
    known = FAMILIES.get(archetype)
    if known is not None:
        return known
    dice = Dice("family", archetype)
    return Family(dice.between(0, 360), dice.between(0, 360))


def language_hue(language: str) -> float:
    """Return the language's hue; one nobody listed gets a hue of its own."""
    known = LANGUAGE_HUES.get(language)
    return Dice("language", language).between(0, 360) if known is None else known


def accent_hue(languages: tuple[str, ...], family: Family) -> float:
    """Return the hue of the dominant language, or the family's second hue without one."""
    return language_hue(languages[0]) if languages else family.second


def tint_of(language: str, theme: str) -> str:
    """Return the colour of the spot that stands before a language's name."""
    lightness = 0.58 if theme == "light" else 0.78
    return oklch(lightness, 0.16, language_hue(language))


def palette_of(card: Card, *, sober: bool = False) -> Palette:
    """Return the card's colours in its theme, with contrast built in; sober ones are near grey."""
    family = family_of(card.archetype)
    if sober:
        family = replace(family, strength=SOBER * family.strength)
    accent = accent_hue(card.languages, family)
    return _light(family, accent) if card.theme == "light" else _dark(family, accent)


def _dark(family: Family, accent: float) -> Palette:
    hue, second, strength = family.hue, family.second, family.strength
    return Palette(
        ground=oklch(0.195, 0.06 * strength, hue),
        panel=oklch(0.24, 0.065 * strength, hue),
        line=oklch(0.44, 0.085 * strength, hue),
        ink=oklch(0.975, 0.01, hue),
        soft=oklch(0.86, 0.035 * strength, hue),
        accent=oklch(0.85, 0.14, accent),
        bright=oklch(0.74, 0.17 * strength, hue),
        deep=oklch(0.12, 0.03 * strength, hue),
        art_a=oklch(0.32, 0.12 * strength, hue),
        art_b=oklch(0.38, 0.12 * strength, second),
        art_1=oklch(0.40, 0.13 * strength, hue),
        art_2=oklch(0.50, 0.15 * strength, hue),
        art_3=oklch(0.62, 0.15 * strength, second),
        art_4=oklch(0.75, 0.15 * strength, hue),
    )


def _light(family: Family, accent: float) -> Palette:
    hue, second, strength = family.hue, family.second, family.strength
    return Palette(
        ground=oklch(0.965, 0.018 * strength, hue),
        panel=oklch(0.99, 0.008 * strength, hue),
        line=oklch(0.80, 0.05 * strength, hue),
        ink=oklch(0.22, 0.04 * strength, hue),
        soft=oklch(0.40, 0.05 * strength, hue),
        accent=oklch(0.44, 0.15, accent),
        bright=oklch(0.58, 0.18 * strength, hue),
        deep=oklch(0.92, 0.04 * strength, hue),
        art_a=oklch(0.90, 0.07 * strength, hue),
        art_b=oklch(0.86, 0.08 * strength, second),
        art_1=oklch(0.85, 0.09 * strength, hue),
        art_2=oklch(0.77, 0.12 * strength, hue),
        art_3=oklch(0.70, 0.13 * strength, second),
        art_4=oklch(0.60, 0.16 * strength, hue),
    )
