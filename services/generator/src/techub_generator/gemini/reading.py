"""A JSON object is found in what a model said, whatever it said around it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

LONGEST: Final = 64_000
MOST_BEGINNINGS: Final = 40
MOST_FENCES: Final = 10
FENCE: Final = "```"
LABEL: Final = "json"

_TRAILING: Final = re.compile(r",(\s*[}\]])")


def object_in(text: str, keys: Iterable[str]) -> dict[str, Any] | None:
    """Return the object that has most of the keys; None when there is none with any of them.

    It may stand in a fence, amid prose, in a list of one or under one key of another object, and
    have commas too many.
    """
    wanted = frozenset(keys)
    text = text[:LONGEST].removeprefix("\ufeff").strip()
    found = [one for piece in _pieces(text) for one in _objects(piece)]
    candidates = [inner for one in found for inner in _unwrapped(one)]
    best = max(candidates, key=lambda one: len(wanted & one.keys()), default=None)
    return best if best is not None and wanted & best.keys() else None


def _pieces(text: str) -> list[str]:
    """Return the whole, and what stands in its fences."""
    fenced = text.split(FENCE, 2 * MOST_FENCES)[1::2]
    return [text, *(_unlabelled(one.strip()) for one in fenced)]


def _unlabelled(fenced: str) -> str:
    return fenced[len(LABEL) :].lstrip() if fenced[: len(LABEL)].lower() == LABEL else fenced


def _objects(text: str) -> list[Any]:
    whole = _read(text)
    if whole is not None:
        return [whole]
    found: list[Any] = []
    for version in (text, _TRAILING.sub(r"\1", text)):
        at = version.find("{")
        for _ in range(MOST_BEGINNINGS):
            if at < 0:
                break
            one, end = _read_from(version, at)
            if one is not None:
                found.append(one)
            at = version.find("{", end if one is not None else at + 1)
        if found:
            break
    return found


def _unwrapped(found: object) -> list[dict[str, Any]]:
    """Return the objects at hand: the one, those of a list, and those right below."""
    ones = found if isinstance(found, list) else [found]
    objects = [one for one in ones[:10] if isinstance(one, Mapping)]
    below = [inner for one in objects for inner in one.values() if isinstance(inner, Mapping)]
    return [dict(one) for one in (*objects, *below)]


def _read(text: str) -> object:
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _read_from(text: str, at: int) -> tuple[object, int]:
    try:
        return json.JSONDecoder(parse_constant=str).raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at
