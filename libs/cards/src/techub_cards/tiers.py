"""How precious a card is: the finish of its frame, decided by stats and by rare traits alone.

score = attack + defense + speed + the rank's worth + the spirit animal's worth

| score       | tier        |
|-------------|-------------|
| 288 or more | obsidian    |
| 270 to 287  | holographic |
| 250 to 269  | gold        |
| 230 to 249  | silver      |
| below       | bronze      |

The three stats give 180 to 297. An ace is worth 12, a king 9, a queen 7, a jack 5. Animals few
people ever meet are worth 6, the house mascot 10.
"""

from dataclasses import dataclass
from typing import Final

from techub_cards.card import Card

RANK_WORTH: Final = {"Ace": 12, "King": 9, "Queen": 7, "Jack": 5}
ANIMAL_WORTH: Final = {
    "Loftbubu": 10,
    "Bilby": 6,
    "Blue-ringed Octopus": 6,
    "Cassowary": 6,
    "Great White Shark": 6,
    "Platypus": 6,
    "Tasmanian Devil": 6,
    "Wedge-tailed Eagle": 6,
}


@dataclass(frozen=True, slots=True)
class Tier:
    """One finish and the lowest score that earns it."""

    name: str
    label: str
    floor: int


TIERS: Final = (
    Tier("obsidian", "Obsidian", 288),
    Tier("holographic", "Holographic", 270),
    Tier("gold", "Gold", 250),
    Tier("silver", "Silver", 230),
    Tier("bronze", "Bronze", 0),
)


def score_of(card: Card) -> int:
    """Return the sum of the stats and of what the card's rare traits are worth."""
    rank = card.playing_card.partition(" ")[0]
    stats = card.attack + card.defense + card.speed
    return stats + RANK_WORTH.get(rank, 0) + ANIMAL_WORTH.get(card.spirit_animal, 0)


def tier_of(card: Card) -> Tier:
    """Return the most precious tier whose floor the card's score reaches."""
    score = score_of(card)
    return next(tier for tier in TIERS if score >= tier.floor)
