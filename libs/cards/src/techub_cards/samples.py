"""A person who never was: for previews, sheets and tests."""

from datetime import date
from typing import Final

from techub_cards.card import Card

ADA: Final = Card(
    login="ada-lovelace",
    name="Ada Lovelace",
    avatar=None,
    bio="Wrote the first program for a machine nobody had built yet.",
    location="London",
    title="The First Compiler",
    tagline="Ships notes longer than the paper they annotate",
    flavor_text="She saw the loom in the engine and wove a century of code before breakfast.",
    archetype="The Magician",
    spirit_animal="Blue-ringed Octopus",
    attack=91,
    defense=84,
    speed=88,
    special_move="Note G",
    special_move_description="Writes the algorithm down before anyone owns a machine to run it on.",
    buff="Poetical Science",
    buff_description="Every metaphor compiles; reviewers understand the diff at first reading.",
    weakness="Horse Races",
    weakness_description="Will bet the sprint on a mathematical system that almost works.",
    vibe="Clockwork Daydream",
    vibe_description="Brass, lace and lemmas; calm until somebody says it cannot be computed.",
    playing_card="Queen of ♠",
    tags=("mathematics", "algorithms", "open-source", "music", "engines", "mentor"),
    languages=("Rust", "Python", "TypeScript", "Shell"),
    stars=12480,
    followers=250_000,
    repositories=84,
    number=42,
    edition="First edition",
    host="techub.life",
    profile_url="https://techub.life/ada-lovelace",
    as_of=date(2026, 11, 23),
)
"""A card with every field filled."""


def sample(**changes: object) -> Card:
    """Return Ada's card with the changes, validated as any card is."""
    return Card.model_validate(ADA.model_dump() | changes)
