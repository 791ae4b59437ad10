"""A card and a canvas become one self-contained page: nothing in it is ever fetched."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, PackageLoader, StrictUndefined

from techub_cards.art import art_shapes, rosette
from techub_cards.card import Card
from techub_cards.catalogue import RANKS, SUITS
from techub_cards.emblems import animal_path, archetype_path, mark_path
from techub_cards.fonts import font_css
from techub_cards.palettes import palette_of, tint_of
from techub_cards.qr import qr_of
from techub_cards.text import day, han_language, has_tall_script, initials, short_count
from techub_cards.tiers import tier_of
from techub_cards.variants import Variant

_PACKAGE = files("techub_cards")
_PIPS = 10


@dataclass(frozen=True, slots=True)
class Stat:
    """One of the three numbers, with as many of ten pips lit as it deserves."""

    name: str
    label: str
    value: int

    @property
    def pips(self) -> int:
        """Return how many pips are lit: one at 60, ten at 99."""
        return 1 + (self.value - 60) * _PIPS // 40


@dataclass(frozen=True, slots=True)
class Ability:
    """A move, a buff, a weakness or a vibe, and what it means."""

    name: str
    label: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Corner:
    """The index of a playing card: its rank and the shape of its suit."""

    rank: str
    suit: str
    red: bool


def render(variant: Variant, card: Card) -> str:
    """Return the page that draws the card on this canvas; the same input gives the same page."""
    words = _words(card)
    return (
        _environment()
        .get_template(f"{variant.template}.html.j2")
        .render(
            card=card,
            variant=variant,
            width=round(variant.width / variant.unit, 2),
            height=round(variant.height / variant.unit, 2),
            css=_css(variant.template),
            fonts=font_css(words),
            lang=han_language(words),
            tall=has_tall_script(words),
            palette=palette_of(card, sober=variant.sober),
            tier=tier_of(card),
            stats=stats_of(card),
            abilities=abilities_of(card),
            corner=corner_of(card),
            name=card.name or card.login,
            title=card.title or card.archetype,
            line=card.tagline or card.flavor_text or card.bio,
            quote=card.flavor_text or card.tagline or card.bio,
            about=card.bio or card.tagline or card.flavor_text,
            monogram=initials(card.name, card.login),
            archetype=archetype_path(card.archetype),
            animal=animal_path(card.spirit_animal),
            art=lambda width, height: art_shapes(card, width, height),
            rosette=rosette(card),
            mark=mark_path,
            tint=lambda language: tint_of(language, card.theme),
            qr=qr_of(card.profile_url),
            count=short_count,
            serial=f"No. {card.number:04d}",
            day=day(card.as_of.year, card.as_of.month, card.as_of.day),
        )
    )


def stats_of(card: Card) -> tuple[Stat, ...]:
    """Return the three stats in the order they are always shown."""
    return (
        Stat("attack", "Attack", card.attack),
        Stat("defense", "Defense", card.defense),
        Stat("speed", "Speed", card.speed),
    )


def abilities_of(card: Card) -> tuple[Ability, ...]:
    """Return what the card can do, leaving out what nobody wrote."""
    written = (
        Ability("move", "Special move", card.special_move, card.special_move_description),
        Ability("buff", "Buff", card.buff, card.buff_description),
        Ability("weakness", "Weakness", card.weakness, card.weakness_description),
        Ability("vibe", "Vibe", card.vibe, card.vibe_description),
    )
    return tuple(ability for ability in written if ability.title or ability.description)


def corner_of(card: Card) -> Corner | None:
    """Return the playing card's corner index, or nothing for a card no deck has."""
    rank, _, suit = card.playing_card.partition(" of ")
    if rank not in RANKS or suit not in SUITS:
        return None
    return Corner(RANKS[rank], mark_path(suit), red=suit in "♦♥")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("techub_cards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _css(template: str) -> str:
    sheets = ("tokens", "base", "tiers", "parts", template)
    folder = _PACKAGE.joinpath("styles")
    return "\n".join(
        folder.joinpath(f"{sheet}.css").read_text(encoding="utf-8") for sheet in sheets
    )


def _words(card: Card) -> str:
    said = card.model_dump(exclude={"avatar", "theme", "as_of", "playing_card"}).values()
    return "\n".join(
        "\n".join(value) if isinstance(value, tuple) else str(value) for value in said if value
    )


def _template_version() -> str:
    digest = sha256()
    for path in _files(_PACKAGE):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _files(folder: Traversable) -> Iterator[Traversable]:
    for place in sorted(folder.iterdir(), key=lambda place: place.name):
        if place.is_dir() and place.name != "__pycache__":
            yield from _files(place)
        elif place.is_file() and not place.name.endswith(".pyc"):
            yield place


TEMPLATE_VERSION = _template_version()
"""Changes with anything that changes a picture: code, templates, styles, faces, emblems."""
