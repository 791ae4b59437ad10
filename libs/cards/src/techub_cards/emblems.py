"""The marks on a card: one set of single-colour shapes, each a path in a 512-unit square."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def _shapes() -> Mapping[str, Mapping[str, str]]:
    source = files("techub_cards").joinpath("emblems.json").read_text(encoding="utf-8")
    shapes: dict[str, dict[str, str]] = json.loads(source)
    return shapes


def archetype_path(name: str) -> str:
    """Return the archetype's emblem, or a star for a stranger to the catalogue."""
    return _shapes()["archetypes"].get(name) or mark_path("stars")


def animal_path(name: str) -> str:
    """Return the spirit animal's emblem, or a star for a stranger to the catalogue."""
    return _shapes()["animals"].get(name) or mark_path("stars")


def mark_path(name: str) -> str:
    """Return one of the small marks: a stat, a suit, a count, an ability."""
    return _shapes()["marks"][name]
