"""The shape of a card as a model is told it, in ever plainer dialects.

What one door takes the other may refuse, and Vertex may answer 200 with nothing over a schema it
does not like; so no dialect says more than both are known to take, and there is one that says less.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from techub_common.traits import ARCHETYPES, SPIRIT_ANIMALS, STAT_MAX, STAT_MIN, TAG_COUNT
from techub_generator.gemini.normal import KEYS, STATS


class Dialect(IntEnum):
    """How much of the shape is said in the schema; what is not stands in the prompt anyway."""

    ranged = 0
    typed = 1
    unsaid = 2

    @property
    def plainer(self) -> "Dialect | None":
        """Return the next plainer dialect, None after the plainest."""
        return None if self is Dialect.unsaid else Dialect(self + 1)


CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "archetype": ARCHETYPES,
    "spirit_animal": SPIRIT_ANIMALS,
}


def schema_of(dialect: Dialect) -> dict[str, Any] | None:
    """Return the card's schema in Gemini's spelling; None when the dialect says none.

    Only `ranged` has enums and bounds.
    """
    if dialect is Dialect.unsaid:
        return None
    ranged = dialect is Dialect.ranged
    return {
        "type": "OBJECT",
        "properties": {key: _property(key, ranged=ranged) for key in KEYS},
        "required": list(KEYS),
        "propertyOrdering": list(KEYS),
    }


def _property(key: str, *, ranged: bool) -> dict[str, Any]:
    if key in STATS:
        bounds = {"minimum": STAT_MIN, "maximum": STAT_MAX} if ranged else {}
        return {"type": "INTEGER", **bounds}
    if key == "tags":
        bounds = {"minItems": TAG_COUNT, "maxItems": TAG_COUNT} if ranged else {}
        return {"type": "ARRAY", "items": {"type": "STRING"}, **bounds}
    if ranged and key in CHOICES:
        return {"type": "STRING", "enum": list(CHOICES[key])}
    return {"type": "STRING"}
