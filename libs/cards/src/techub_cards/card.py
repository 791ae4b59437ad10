"""What a card says, ready to be drawn: the one shape every template reads."""

import re
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from techub_cards.text import clean

_PICTURE: Final = re.compile(r"data:image/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+={0,2}")


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _cleaned_or_none(value: object) -> object:
    return _cleaned(value) or None


def _or_empty(value: object) -> object:
    return "" if value is None else _cleaned(value)


def _cleaned_all(value: object) -> object:
    if not isinstance(value, list | tuple):
        return value
    return tuple(text for text in map(_cleaned, value) if text)


def _inlined(value: str | None) -> str | None:
    if value is not None and not _PICTURE.fullmatch(value):
        problem = "an avatar is a data:image/...;base64 URI or None"
        raise ValueError(problem)
    return value


Words = Annotated[str, BeforeValidator(_or_empty)]
OptionalWords = Annotated[str | None, BeforeValidator(_cleaned_or_none)]
WordList = Annotated[tuple[str, ...], BeforeValidator(_cleaned_all)]
Picture = Annotated[str | None, AfterValidator(_inlined)]
Stat = Annotated[int, Field(ge=60, le=99)]
Count = Annotated[int, Field(ge=0)]


class Card(BaseModel):
    """Everything printed on a card. Text is neutralised on the way in, never on the way out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    login: Words
    name: Words
    avatar: Picture = None
    bio: OptionalWords = None
    location: OptionalWords = None
    title: Words
    tagline: Words
    flavor_text: Words
    archetype: Words
    spirit_animal: Words
    attack: Stat
    defense: Stat
    speed: Stat
    special_move: Words
    special_move_description: Words
    buff: Words
    buff_description: Words
    weakness: Words
    weakness_description: Words
    vibe: Words
    vibe_description: Words
    playing_card: Words
    tags: WordList
    languages: WordList
    stars: Count
    followers: Count
    repositories: Count
    number: Annotated[int, Field(ge=1)]
    edition: Words
    host: Words
    profile_url: Words
    as_of: date
    theme: Literal["dark", "light"] = "dark"
