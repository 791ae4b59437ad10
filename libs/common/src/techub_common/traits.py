"""The card's traits: the twenty keys every writer of a card must fill, and the closed lists."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

ARCHETYPES: Final = (
    "The Innocent",
    "The Everyman",
    "The Hero",
    "The Outlaw",
    "The Explorer",
    "The Creator",
    "The Ruler",
    "The Magician",
    "The Lover",
    "The Caregiver",
    "The Jester",
    "The Sage",
)

SPIRIT_ANIMALS: Final = (
    "Danger Noodle",
    "Wedge-tailed Eagle",
    "Platypus",
    "Kangaroo",
    "Dingo",
    "Saltwater Crocodile",
    "Redback Spider",
    "Cassowary",
    "Koala",
    "Quokka",
    "Great White Shark",
    "Tasmanian Devil",
    "Emu",
    "Frilled-neck Lizard",
    "Blue-ringed Octopus",
    "Echidna",
    "Sugar Glider",
    "Magpie",
    "Goanna",
    "Taipan",
    "Box Jellyfish",
    "Kookaburra",
    "Wallaby",
    "Bilby",
    "Bandicoot",
    "Wombat",
    "Tiger Snake",
    "Stonefish",
    "Funnel-web Spider",
    "Cockatoo",
    "Possum",
    "Flying Fox",
    "Loftbubu",
)

RANKS: Final = ("Ace", "2", "3", "4", "5", "6", "7", "8", "9", "10", "Jack", "Queen", "King")
SUITS: Final = ("♣", "♦", "♥", "♠")
PLAYING_CARDS: Final = tuple(f"{rank} of {suit}" for suit in SUITS for rank in RANKS)

STAT_MIN: Final = 60
STAT_MAX: Final = 99
TAG_COUNT: Final = 6


def _one_of(allowed: tuple[str, ...], what: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in allowed:
            message = f"{value!r} is not a known {what}"
            raise ValueError(message)
        return value

    return AfterValidator(check)


Stat = Annotated[int, Field(ge=STAT_MIN, le=STAT_MAX)]
Tag = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+){0,2}$", max_length=40)]
Sentence = Annotated[str, Field(max_length=280)]


class CardTraits(BaseModel):
    """What makes a card a card. Lengths are characters; descriptions are whole sentences."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Annotated[str, Field(min_length=1, max_length=60)]
    tagline: Annotated[str, Field(max_length=140)]
    short_bio: Annotated[str, Field(max_length=400)]
    long_bio: Annotated[str, Field(max_length=2000)]
    buff: Annotated[str, Field(max_length=30)]
    buff_description: Sentence
    weakness: Annotated[str, Field(max_length=30)]
    weakness_description: Sentence
    vibe: Annotated[str, Field(max_length=30)]
    vibe_description: Sentence
    special_move: Annotated[str, Field(max_length=40)]
    special_move_description: Sentence
    flavor_text: Annotated[str, Field(max_length=80)]
    tags: tuple[Tag, ...] = Field(min_length=TAG_COUNT, max_length=TAG_COUNT)
    attack: Stat
    defense: Stat
    speed: Stat
    playing_card: Annotated[str, _one_of(PLAYING_CARDS, "playing card")]
    spirit_animal: Annotated[str, _one_of(SPIRIT_ANIMALS, "spirit animal")]
    archetype: Annotated[str, _one_of(ARCHETYPES, "archetype")]

    @model_validator(mode="after")
    def _tags_are_unique(self) -> Self:
        if len(set(self.tags)) != TAG_COUNT:
            message = "the six tags must differ"
            raise ValueError(message)
        return self
