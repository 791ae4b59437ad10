"""Artwork by Gemini's double: drawn once, told like an avatar, and never at the card's expense."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from techub_common.envelope import seal
from techub_common.events import ALTERNATES, SUITE, AssetCaptured, CardGenerated, Options, Policy
from techub_common.storage import FolderStore
from techub_devstack import samples
from techub_devstack.doubles.gemini_failures import failure
from techub_devstack.doubles.handle import Double
from techub_generator.gemini.providers import Name
from techub_generator.settings import Settings
from techub_generator.stages import drawing

DRAWN = Policy(ai_text=False, artwork=True)
KEY = "AIzaSyTestTestTestTestTestTestTestTest0"
IMAGES = "image:generateContent"
VERTEX_IMAGES = "google/models/gemini-2.5-flash-image"


@pytest.fixture
def settings(settings: Settings, gemini_double: Double, account: Path) -> Settings:
    """Give the settings of a generator that draws through Vertex, with AI Studio in reserve."""
    gemini = {
        "gemini_api_base": gemini_double.url,
        "gemini_api_key": KEY,
        "google_cloud_project": "demo",
        "google_application_credentials": account,
        "vertex_api_base": gemini_double.url,
        "gemini_images_provider": Name.vertex,
    }
    return Settings(**{**settings.model_dump(), **gemini})


def asked(double: Double) -> int:
    """Return how many pictures were asked for."""
    return sum(double.requests(path_contains=IMAGES).values())


async def captured(road: Any, card: CardGenerated) -> dict[str, AssetCaptured]:
    """Return the artworks that were told to the optimizer, by kind."""
    told = await road.told(card.run_id)
    return {
        one.kind: one for one in told if isinstance(one, AssetCaptured) and one.kind != "avatar"
    }


async def test_the_suite(road: Any, objects: FolderStore, gemini_double: Double) -> None:
    """Four pictures of four shapes, in the store and told with who drew them; each is counted."""
    card: CardGenerated = await road.card(samples.DEFAULT, policy=DRAWN)
    told = await captured(road, card)

    assert set(told) == set(SUITE) == set(card.artworks)
    assert {kind: (one.width, one.height) for kind, one in told.items()} == {
        "avatar_1x1": (768, 768),
        "avatar_16x9": (768, 432),
        "avatar_3x1": (768, 329),
        "avatar_9x16": (432, 768),
    }
    for one in told.values():
        assert one.provider == "vertex"
        assert len(await objects.get(one.object_key)) == one.bytes
    assert [call.purpose for call in card.calls] == ["artwork"] * 4
    assert all(call.cost_micros > 38_000 for call in card.calls)
    assert card.degradations == ()
    assert asked(gemini_double) == 4


async def test_switched_off(road: Any, gemini_double: Double) -> None:
    """Without the policy nothing is drawn and no line is told of it."""
    card: CardGenerated = await road.card(samples.DEFAULT, policy=Policy(ai_text=False))
    stages = {getattr(one, "stage", "") for one in await road.told(card.run_id)}

    assert card.artworks == ()
    assert not any(stage.startswith("draw_") for stage in stages)
    assert asked(gemini_double) == 0


async def test_vertex_refuses_a_field(road: Any, gemini_double: Double) -> None:
    """A 400 about a field leads to AI Studio, and who drew it is told; nothing is degraded."""
    gemini_double.fail(**failure("schema refused", path_contains=VERTEX_IMAGES))
    card: CardGenerated = await road.card(samples.DEFAULT, policy=DRAWN)
    told = await captured(road, card)

    assert {one.provider for one in told.values()} == {"ai_studio"}
    assert len(told) == 4
    assert card.degradations == ()


@pytest.mark.parametrize("name", ["safety", "quota", "no picture", "not JSON", "no permission"])
async def test_lost(road: Any, gemini_double: Double, name: str) -> None:
    """Whatever comes instead of pictures, there is a card, degraded by what could not be drawn."""
    gemini_double.fail(**failure(name, path_contains=IMAGES))
    card: CardGenerated = await road.card(samples.DEFAULT, policy=DRAWN)

    assert card.traits is not None
    assert card.artworks == ()
    assert [one.stage for one in card.degradations] == [drawing(kind) for kind in SUITE]
    assert all(
        one.reason.startswith("The artwork could not be drawn: Vertex AI ")
        for one in card.degradations
    )


async def test_one_lost(road: Any, gemini_double: Double) -> None:
    """One picture that is refused takes none of the others with it."""
    gemini_double.fail(**failure("no permission", path_contains=IMAGES, times=1))
    card: CardGenerated = await road.card(samples.DEFAULT, policy=DRAWN)

    [lost] = card.degradations
    assert {drawing(kind) for kind in card.artworks} == {drawing(kind) for kind in SUITE} - {
        lost.stage
    }


async def test_never_paid_twice(road: Any, gemini_double: Double) -> None:
    """The same run told again draws nothing anew, and tells the same facts once more."""
    event = await road.begin(samples.DEFAULT, policy=DRAWN)
    await road.end_of(event)
    await road.tell.send(seal(event, "/services/api", tell=1))
    told: list[Any] = []
    async with asyncio.timeout(60):
        while sum(isinstance(one, CardGenerated) for one in told) < 2:
            told = await road.told(event.run_id)
            await asyncio.sleep(0.02)
    facts = [one for one in told if isinstance(one, AssetCaptured) and one.kind in SUITE]

    assert asked(gemini_double) == 4
    assert [sum(one.kind == kind for one in facts) for kind in SUITE] == [2, 2, 2, 2]
    assert len({one.object_key for one in facts}) == 4


async def test_the_recipe(road: Any, gemini_double: Double) -> None:
    """Of what is known artwork alone is made, the alternates too when asked for."""
    known: CardGenerated = await road.card(samples.DEFAULT, policy=Policy(ai_text=False))
    stages = tuple(drawing(kind) for kind in (*SUITE, *ALTERNATES))
    options = Options(
        recipe="avatar_suite",
        only_stages=stages,
        screenshots="skip",
        artworks=(*SUITE, *ALTERNATES),
    )
    card: CardGenerated = await road.card(
        samples.DEFAULT,
        policy=DRAWN,
        options=options,
        known={"github": known.artifacts["pull_github_data"]},
    )

    assert card.traits is None
    assert card.artworks == (*SUITE, *ALTERNATES)
    assert asked(gemini_double) == 7
