"""A card view, as the ledger stores it."""

from datetime import date

import pytest


@pytest.fixture
def view() -> dict[str, object]:
    """Give the view of somebody's card."""
    words = (
        "title tagline flavor_text special_move special_move_description buff buff_description "
        "weakness weakness_description vibe vibe_description"
    )
    return {
        **{name: f"some {name}" for name in words.split()},
        "login": "ada",
        "name": "Ada Lightwood",
        "archetype": "The Sage",
        "spirit_animal": "Wombat",
        "attack": 71,
        "defense": 82,
        "speed": 93,
        "playing_card": "Ace of ♠",
        "tags": ["a", "b", "c", "d", "e", "f"],
        "languages": ["Python"],
        "stars": 12,
        "followers": 34,
        "repositories": 5,
        "number": 1,
        "edition": "First",
        "host": "techub.example",
        "profile_url": "https://techub.example/profiles/ada",
        "as_of": date(2026, 1, 2),
    }
