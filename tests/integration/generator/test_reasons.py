"""What a card says that no model wrote: over the budget nobody is asked, and stats say why."""

from typing import Any

import pytest

from techub_common.events import CardGenerated, Known, Policy
from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from techub_generator.settings import Settings
from techub_generator.stages import TRAITS


@pytest.fixture
def settings(settings: Settings, gemini_double: Double) -> Settings:
    """Give the settings of a generator that could ask Gemini's double."""
    gemini = {"gemini_api_base": gemini_double.url, "gemini_api_key": "a-key"}
    return Settings(**{**settings.model_dump(), **gemini})


async def test_over_the_budget(road: Any, gemini_double: Double) -> None:
    """Nobody is asked, nothing is degraded, and the card says that it was the budget."""
    card: CardGenerated = await road.card(
        samples.DEFAULT, policy=Policy(ai_text=False, over_budget=True)
    )
    assert card.provenance is not None

    assert (card.provenance.provider, card.calls) == ("heuristics", ())
    assert card.provenance.fallback_reason == "The day's budget for models is used up."
    assert card.degradations == ()
    assert sum(gemini_double.requests(path_contains="generateContent").values()) == 0


async def test_a_card_that_costs_nothing(road: Any, gemini_double: Double) -> None:
    """Over the budget, too, an equal input within a day is the card a model wrote of it."""
    first: CardGenerated = await road.card(samples.DEFAULT)
    again: CardGenerated = await road.card(
        samples.DEFAULT,
        known=Known(card=first.artifacts[TRAITS]),
        policy=Policy(ai_text=False, over_budget=True),
    )
    assert again.provenance is not None

    assert (again.traits, again.calls) == (first.traits, ())
    assert again.provenance.reused
    assert sum(gemini_double.requests(path_contains="generateContent").values()) == 1


async def test_counted_stats_say_why(road: Any) -> None:
    """Stats that were counted have a reason each; those that a model judged have none."""
    counted: CardGenerated = await road.card(samples.DEFAULT, policy=Policy(ai_text=False))
    judged: CardGenerated = await road.card(samples.DEFAULT)

    assert set(counted.reasons) == {"attack", "defense", "speed"}
    assert "2,418 followers" in counted.reasons["attack"]
    assert judged.reasons == {}
