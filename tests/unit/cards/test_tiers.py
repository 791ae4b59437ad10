"""A frame's finish follows from stats and rare traits, and from nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techub_cards.samples import sample
from techub_cards.tiers import TIERS, score_of, tier_of

stats = st.integers(min_value=60, max_value=99)


@pytest.mark.parametrize(
    ("stat", "playing_card", "animal", "tier"),
    [
        (60, "2 of ♥", "Wombat", "bronze"),
        (77, "2 of ♥", "Wombat", "silver"),
        (76, "2 of ♥", "Wombat", "bronze"),
        (84, "2 of ♥", "Wombat", "gold"),
        (90, "2 of ♥", "Wombat", "holographic"),
        (96, "2 of ♥", "Wombat", "obsidian"),
        (92, "Ace of ♠", "Wombat", "obsidian"),
        (80, "2 of ♥", "Loftbubu", "gold"),
    ],
)
def test_tier(stat: int, playing_card: str, animal: str, tier: str) -> None:
    """The sum of the stats decides, and rare traits lift a card by a step."""
    card = sample(
        attack=stat, defense=stat, speed=stat, playing_card=playing_card, spirit_animal=animal
    )

    assert tier == tier_of(card).name


@given(stats, stats, stats)
def test_every_card_has_a_tier(attack: int, defense: int, speed: int) -> None:
    """No stats fall between two tiers, and a better stat never lowers the tier."""
    card = sample(attack=attack, defense=defense, speed=speed)
    better = sample(attack=99, defense=defense, speed=speed)

    assert tier_of(better).floor >= tier_of(card).floor
    assert score_of(card) >= tier_of(card).floor


def test_floors_fall() -> None:
    """Tiers are listed from the most precious down to one every card reaches."""
    floors = [tier.floor for tier in TIERS]

    assert floors == sorted(floors, reverse=True)
    assert floors[-1] == 0
