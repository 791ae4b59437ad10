"""A model's traits in their proper form, where only the form was wrong."""

import re
from collections.abc import Mapping
from typing import Any, Final

from annotated_types import MaxLen

from techub_common.traits import (
    ARCHETYPES,
    PLAYING_CARDS,
    RANKS,
    SPIRIT_ANIMALS,
    TAG_COUNT,
    CardTraits,
)
from techub_generator.heuristics.tags import tag_of
from techub_generator.prose import ELLIPSIS, clean, cut
from techub_generator.traits import NAMES, TEXTS

STATS: Final = ("attack", "defense", "speed")
KEYS: Final = tuple(CardTraits.model_fields)

SUITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("club", "clubs", "♣", "♧"), "♣"),
    **dict.fromkeys(("diamond", "diamonds", "♦", "♢"), "♦"),
    **dict.fromkeys(("heart", "hearts", "♥", "♡"), "♥"),
    **dict.fromkeys(("spade", "spades", "♠", "♤"), "♠"),
}
NAMED_RANKS: Final[Mapping[str, str]] = {
    **{rank.lower(): rank for rank in RANKS},
    "a": "Ace",
    "1": "Ace",
    "j": "Jack",
    "q": "Queen",
    "k": "King",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}
LONGEST_CARD: Final = 40  # as it may be spelled; the expression is slow with more
_CARD: Final = re.compile(r"\s*(\w+)\s*(?:of\s+)?([a-z]+|[♣♧♦♢♥♡♠♤])\ufe0f?\s*", re.IGNORECASE)
_EMPHASIS: Final = re.compile(r"\*{1,3}(?=\S)([^*]+)(?<=\S)\*{1,3}|`([^`]+)`")
_WORD: Final = re.compile(r"(?<![\w'’])[a-z]")  # noqa: RUF001
_WHOLE: Final = re.compile(r"-?\d{1,6}(?:\.0+)?")


def normal(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the twenty keys of the answer, other keys left out.

    Texts are cleaned, cut at a word and in plain letters; names capitalised; a spelled suit is its
    symbol; tags are kebab-case, the first six different ones. What is missing stays missing, what
    is out of range stays there.
    """
    traits = {key: answer[key] for key in KEYS if key in answer}
    for key in TEXTS:
        if isinstance(text := traits.get(key), str):
            traits[key] = _named(text, key) if key in NAMES else _said(text, key)
    for key in STATS:
        if key in traits:
            traits[key] = _whole(traits[key])
    if isinstance(card := traits.get("playing_card"), str):
        traits["playing_card"] = _playing_card(card)
    for key, allowed in (("archetype", ARCHETYPES), ("spirit_animal", SPIRIT_ANIMALS)):
        if isinstance(choice := traits.get(key), str):
            traits[key] = _among(choice, allowed)
    if isinstance(tags := traits.get("tags"), list | str):
        listed = tags.split(",") if isinstance(tags, str) else tags
        proper = [tag for one in listed[:50] if isinstance(one, str) and (tag := tag_of(one))]
        traits["tags"] = tuple(dict.fromkeys(proper))[:TAG_COUNT]
    return traits


def _said(text: str, key: str) -> str:
    text = cut(clean(_plain(text)) or "", _limit(key))
    return f"{text}”" if text.startswith("“") and text.endswith(ELLIPSIS) else text


def _named(text: str, key: str) -> str:
    text = (clean(_plain(text)) or "").strip(" .\"“”'")
    shortened = cut(text, _limit(key)).removesuffix(ELLIPSIS)
    return _WORD.sub(lambda found: found[0].upper(), shortened)


def _plain(text: str) -> str:
    return _EMPHASIS.sub(lambda found: found[1] or found[2], text)


def _limit(key: str) -> int:
    found = CardTraits.model_fields[key].metadata
    limit = next(one.max_length for one in found if isinstance(one, MaxLen))
    return limit - 1 if key == "flavor_text" else limit  # leaves room for the closing quote


def _whole(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(float(value))
    return value


def _playing_card(text: str) -> str:
    found = _CARD.fullmatch(text) if len(text) <= LONGEST_CARD else None
    rank, suit = (found[1].lower(), found[2].lower()) if found else ("", "")
    card = f"{NAMED_RANKS.get(rank, '')} of {SUITS.get(suit, '')}"
    return card if card in PLAYING_CARDS else text


def _among(choice: str, allowed: tuple[str, ...]) -> str:
    bare = _bare(choice)
    return next((one for one in allowed if _bare(one) == bare), choice)


def _bare(text: str) -> str:
    letters = "".join(letter for letter in text.casefold() if letter.isalnum())
    return letters.removeprefix("the")
