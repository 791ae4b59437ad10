"""What two runs differ in: how they were asked for, what each step did, what came out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

CARD: Final = re.compile(r"runs/[^/]+/generate_ai_profile\.json")
PUBLIC: Final = re.compile(r"generated/[^/]+/(?P<name>[^/]+)-(?P<hash>[0-9a-f]{12})(?P<ext>\.\w+)")
ASKED: Final = ("login", "trigger", "notify", "bulk", "options", "policy", "submitted")
CAME_OUT: Final = ("status", "degradations", "error", "notified")

Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What is read of a run to compare it."""

    run: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]
    pictures: tuple[Mapping[str, Any], ...]
    card: Mapping[str, Any] | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepsCompared:
    """One step in both runs; None where it was none."""

    name: str
    status: Pair
    duration_ms: Pair
    attempts: Pair

    @property
    def is_same(self) -> bool:
        """Return whether it came to the same, however long it took."""
        return all(one == other for one, other in (self.status, self.attempts))


@dataclass(frozen=True, slots=True)
class Compared:
    """The differences of two runs, by what they are about; what is the same is left out.

    Pictures are compared by their bytes: `og captured` is what the browser took, `og.webp` the
    public file, and the values are the beginnings of their digests.
    """

    asked: Mapping[str, Pair]
    outcome: Mapping[str, Pair]
    steps: tuple[StepsCompared, ...]
    traits: Mapping[str, Pair]
    pictures: Mapping[str, Pair]
    same_pictures: int

    @property
    def is_same(self) -> bool:
        """Return whether they differ in nothing but time."""
        same_steps = all(step.is_same for step in self.steps)
        return same_steps and not (self.asked or self.outcome or self.traits or self.pictures)


def compared(first: Known, second: Known) -> Compared:
    """Return what differs."""
    pictures = _pairs(_pictures(first), _pictures(second))
    return Compared(
        asked=_changed(_flat(first.run, ASKED), _flat(second.run, ASKED)),
        outcome=_changed(_flat(first.run, CAME_OUT), _flat(second.run, CAME_OUT)),
        steps=_steps(first, second),
        traits=_changed(_traits(first), _traits(second)),
        pictures={name: pair for name, pair in pictures.items() if pair[0] != pair[1]},
        same_pictures=sum(pair[0] == pair[1] for pair in pictures.values()),
    )


def _steps(first: Known, second: Known) -> tuple[StepsCompared, ...]:
    one, other = ({str(step["name"]): step for step in known.steps} for known in (first, second))

    def both(name: str, field: str) -> Pair:
        return one.get(name, {}).get(field), other.get(name, {}).get(field)

    return tuple(
        StepsCompared(name, both(name, "status"), both(name, "duration_ms"), both(name, "attempts"))
        for name in dict.fromkeys((*one, *other))
    )


def _pictures(known: Known) -> dict[str, str]:
    """Return the digest of every picture, its first twelve digits, by what it is."""
    found = {
        f"{picture['kind']} captured": str(picture["capture"]["sha256"])[:12]
        for picture in known.pictures
        if picture.get("capture")
    }
    for name in known.names:
        if public := PUBLIC.fullmatch(name):
            found[f"{public['name']}{public['ext']}"] = public["hash"]
    return found


def _traits(known: Known) -> dict[str, Any]:
    """Return the card's words and numbers, and who wrote them."""
    card = known.card or {}
    written = card.get("provenance") or {}
    by = {f"written by {name}": written.get(name) for name in ("provider", "model")}
    return _flat(card.get("traits") or {}) | {name: who for name, who in by.items() if who}


def _flat(document: Mapping[str, Any], names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return the leaves of a document by their paths."""
    leaves: dict[str, Any] = {}
    for name in document if names is None else names:
        value = document.get(name)
        if isinstance(value, Mapping) and value:
            leaves |= {f"{name}.{below}": leaf for below, leaf in _flat(value).items()}
        else:
            leaves[name] = value
    return leaves


def _changed(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Pair]:
    pairs = _pairs(first, second)
    return {name: pair for name, pair in pairs.items() if _plain(pair[0]) != _plain(pair[1])}


def _pairs(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Pair]:
    return {name: (first.get(name), second.get(name)) for name in dict.fromkeys((*first, *second))}


def _plain(value: object) -> object:
    """Return the value, nothing for what is empty: an option left out is one that is empty."""
    return value if value or value == 0 else None
