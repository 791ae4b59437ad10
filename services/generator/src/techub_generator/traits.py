"""What a card's twenty traits must be, whoever wrote them: a model, or the heuristics."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from pydantic import ValidationError, ValidationInfo, field_validator, model_validator

from techub_common.traits import CardTraits
from techub_generator.prose import clean

PROSE: Final = (
    "tagline",
    "short_bio",
    "long_bio",
    "buff_description",
    "weakness_description",
    "vibe_description",
    "special_move_description",
)
NAMES: Final = ("title", "buff", "weakness", "vibe", "special_move")
TEXTS: Final = (*NAMES, *PROSE, "flavor_text")

_ADDRESS: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:javascript|data|mailto):\S", re.IGNORECASE
)
_MARKUP: Final = re.compile(
    r"</?[a-z!?][^<>]*>|<!--|&(?:#\d+|#x[0-9a-f]+|[a-z]{2,8});|\]\(|```|`[^`]+`|\*\*|__\w|^#+ ",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’")  # noqa: RUF001  # what somebody said
_FIRST_PERSON: Final = re.compile(
    r"(?<![\w'’.#/-])(?:I|I['’](?:m|ve|d|ll)|[Mm]y|[Mm]yself|[Mm]ine|[Ww]e|[Oo]ur|[Oo]urs)(?![\w.#/-])"  # noqa: RUF001
)


class WrittenTraits(CardTraits):
    """Traits fit for a card: every text is there, in the third person, and nothing but text.

    Validated with the context `{"names": …}` the given names (of the person, of repositories) are
    not read as words.
    """

    @field_validator(*TEXTS)
    @classmethod
    def _is_plain_text(cls, text: str) -> str:
        if message := flaw(text):
            raise ValueError(message)
        return text

    @field_validator(*PROSE)
    @classmethod
    def _is_in_the_third_person(cls, text: str, info: ValidationInfo) -> str:
        names: Iterable[str] = (info.context or {}).get("names", ())
        if first_person(text, names):
            message = "must be in the third person"
            raise ValueError(message)
        return text

    @model_validator(mode="after")
    def _says_two_things(self) -> Self:
        if _bare(self.tagline) == _bare(self.flavor_text):
            message = "tagline and flavor_text must differ"
            raise ValueError(message)
        return self


def flaw(text: str) -> str | None:
    """Return why the text is not plain text, None when it is."""
    if clean(text) != text:
        return "must be one line of visible text without addresses or secrets"
    if _ADDRESS.search(text):
        return "must not contain links"
    return "must not contain markup" if _MARKUP.search(text) else None


def first_person(text: str, names: Iterable[str] = ()) -> bool:
    """Return whether the text speaks as the person itself; quotations and names do not count."""
    for name in sorted((name for name in names if name), key=len, reverse=True):
        text = text.replace(name, "N")
    return bool(_FIRST_PERSON.search(_QUOTED.sub("", text)))


def violations(traits: Mapping[str, Any], names: Iterable[str] = ()) -> list[str]:
    """Return what is wrong with the traits, one short sentence each; nothing of their text."""
    try:
        WrittenTraits.model_validate(dict(traits), context={"names": tuple(names)})
    except ValidationError as error:
        return [_said(dict(problem)) for problem in error.errors(include_url=False)]
    return []


def _said(problem: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "value_error" and "is not a known" in message:
        message = f"is not a known {message.rpartition('is not a known ')[2]}"
    return f"{place}: {message}" if place else message


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
