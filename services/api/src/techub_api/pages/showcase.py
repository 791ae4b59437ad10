"""What a profile page says about a card, taken from the very view the pictures are drawn from."""

from dataclasses import dataclass

from techub_cards.art import rosette
from techub_cards.card import Card
from techub_cards.render import Ability, Corner, Stat, abilities_of, corner_of, stats_of
from techub_cards.tiers import Tier, tier_of


@dataclass(frozen=True, slots=True)
class Showcase:
    """A card taken apart for reading."""

    card: Card
    tier: Tier
    stats: tuple[Stat, ...]
    abilities: tuple[Ability, ...]
    corner: Corner | None
    rosette: str

    @property
    def described(self) -> str:
        """Return what somebody who cannot see the picture is told."""
        stats = ", ".join(f"{stat.label.lower()} {stat.value}" for stat in self.stats)
        return f"Trading card of {self.card.name}, {self.card.title}: {stats}."


def showcase(card: Card) -> Showcase:
    """Return the card's parts in the order they are shown."""
    return Showcase(
        card=card,
        tier=tier_of(card),
        stats=stats_of(card),
        abilities=abilities_of(card),
        corner=corner_of(card),
        rosette=rosette(card),
    )
