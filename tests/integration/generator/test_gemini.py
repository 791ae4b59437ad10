"""Traits by Gemini's double: what a card says of who wrote it, and what it does without."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from techub_common.events import CardGenerated, Known, Options, Policy
from techub_common.storage import FolderStore
from techub_devstack import samples
from techub_devstack.doubles.gemini_failures import failure
from techub_devstack.doubles.handle import Double
from techub_generator.settings import Settings
from techub_generator.stages import DESCRIPTION, TRAITS

KEY = "AIzaSyTestTestTestTestTestTestTestTest0"


@pytest.fixture
def settings(settings: Settings, gemini_double: Double, account: Path) -> Settings:
    """Give the settings of a generator in front of both of Gemini's doors."""
    gemini = {
        "gemini_api_base": gemini_double.url,
        "gemini_api_key": KEY,
        "google_cloud_project": "demo",
        "google_application_credentials": account,
        "vertex_api_base": gemini_double.url,
        "gemini_deadline_seconds": 20.0,
    }
    return Settings(**{**settings.model_dump(), **gemini})


def asked(double: Double) -> int:
    """Return how many questions were put, whoever they went to."""
    return sum(double.requests(path_contains="generateContent").values())


async def test_a_card(road: Any, gemini_double: Double) -> None:
    """One question, and everything about it travels with the card."""
    card: CardGenerated = await road.card(samples.DEFAULT)
    assert card.provenance is not None
    [call] = card.calls

    assert (card.provenance.provider, card.provenance.model) == ("ai_studio", "gemini-2.5-flash")
    assert (card.provenance.prompt_version, card.provenance.attempts) == ("traits-2", 1)
    assert card.provenance.finish_reasons == ("STOP",)
    assert call.outcome == "answered"
    assert call.tokens_in == card.provenance.tokens_in > 500
    assert call.tokens_out == card.provenance.tokens_out > 100
    assert call.cost_micros == card.provenance.cost_micros > 0
    assert card.provenance.tokens == call.tokens_in + call.tokens_out
    assert card.degradations == ()
    assert asked(gemini_double) == 1


async def test_what_was_said_is_kept(
    road: Any, gemini_double: Double, objects: FolderStore
) -> None:
    """Prompt and answer of every question stand in the private artifact, and in no event."""
    gemini_double.fail(**failure("no card", path_contains="generateContent", times=1))
    card: CardGenerated = await road.card(samples.DEFAULT)
    first, second = json.loads(await objects.get(card.artifacts[TRAITS]))["exchanges"]

    assert "trading card" in first["system"]
    assert samples.DEFAULT in first["question"]
    assert first["answer"] == "I would rather write a poem."
    assert first["wrong"] == ["The answer was not one JSON object with the twenty keys."]
    assert first["wrong"][0] in second["question"]
    assert json.loads(second["answer"])["title"] == card.traits.title
    assert second["wrong"] == []
    assert first["system"].splitlines()[0] not in card.model_dump_json()


async def test_the_next_provider(road: Any, gemini_double: Double) -> None:
    """One that is overloaded is asked twice, then the other; nothing is degraded by that."""
    gemini_double.fail(**failure("overloaded", path_contains="v1beta"))
    card: CardGenerated = await road.card(samples.DEFAULT)
    assert card.provenance is not None

    assert card.provenance.provider == "vertex"
    assert [call.outcome for call in card.calls] == ["unavailable", "unavailable", "answered"]
    assert card.degradations == ()


async def test_heuristics(road: Any, gemini_double: Double) -> None:
    """When nobody answers the heuristics do; the run is degraded and says why."""
    gemini_double.fail(**failure("quota", path_contains="generateContent"))
    card: CardGenerated = await road.card(samples.DEFAULT)
    assert card.traits is not None
    assert card.provenance is not None

    [degradation] = card.degradations
    assert degradation.stage == TRAITS
    assert degradation.reason == (
        "The card was written without AI: AI Studio allows no more questions for now and "
        "Vertex AI allows no more questions for now."
    )
    assert card.provenance.provider == "heuristics"
    assert card.provenance.fallback_reason == degradation.reason
    assert [call.outcome for call in card.calls] == ["rate_limited", "rate_limited"]


async def test_switched_off(road: Any, gemini_double: Double) -> None:
    """Switched off by policy nobody is asked, and nothing is degraded."""
    card: CardGenerated = await road.card(samples.DEFAULT, policy=Policy(ai_text=False))
    assert card.provenance is not None

    assert card.provenance.provider == "heuristics"
    assert card.degradations == ()
    assert asked(gemini_double) == 0


async def test_not_eligible(road: Any, gemini_double: Double) -> None:
    """A profile that may have no card costs no question."""
    await road.failure("ghost-town-2049")

    assert asked(gemini_double) == 0


async def test_nothing_new(road: Any, gemini_double: Double) -> None:
    """The same input within a day is the same card; by force it is written anew."""
    first: CardGenerated = await road.card(samples.DEFAULT)
    known = Known(card=first.artifacts[TRAITS])
    again: CardGenerated = await road.card(samples.DEFAULT, known=known)
    forced: CardGenerated = await road.card(
        samples.DEFAULT, known=known, options=Options(force=True)
    )
    assert again.provenance is not None
    assert forced.provenance is not None

    assert again.traits == first.traits
    assert (again.provenance.reused, again.provenance.tokens, again.calls) == (True, 0, ())
    assert (forced.provenance.reused, len(forced.calls)) == (False, 1)
    assert asked(gemini_double) == 2


async def test_a_described_avatar(road: Any, gemini_double: Double) -> None:
    """Where the policy asks for it the avatar is looked at, once, and whoever writes is told."""
    policy = Policy(descriptions=True)
    first: CardGenerated = await road.card(samples.DEFAULT, policy=policy)
    known = Known(card=first.artifacts[TRAITS])
    again: CardGenerated = await road.card(
        samples.DEFAULT, policy=policy, known=known, options=Options(force=True)
    )
    asked_about = gemini_double.requests(login=samples.DEFAULT)

    assert DESCRIPTION in first.artifacts
    assert [call.purpose for call in first.calls] == ["description", "traits"]
    assert [call.purpose for call in again.calls] == ["traits"]
    assert sum(asked_about.values()) == 2


async def test_a_mock_asks_nobody(road: Any, gemini_double: Double) -> None:
    """A run that is to ask no model has no avatar described either, and forgets nothing seen."""
    policy, mock = Policy(descriptions=True), Options(ai_mode="mock")
    bare: CardGenerated = await road.card(samples.DEFAULT, policy=policy, options=mock)
    assert (asked(gemini_double), bare.calls, bare.degradations) == (0, (), ())
    assert DESCRIPTION not in bare.artifacts

    first: CardGenerated = await road.card(samples.DEFAULT, policy=policy)
    known = Known(card=first.artifacts[TRAITS])
    mocked: CardGenerated = await road.card(
        samples.DEFAULT, policy=policy, options=mock, known=known
    )
    again: CardGenerated = await road.card(
        samples.DEFAULT,
        policy=policy,
        known=Known(card=mocked.artifacts[TRAITS]),
        options=Options(force=True),
    )

    assert mocked.calls == ()
    assert [call.purpose for call in again.calls] == ["traits"]
    assert asked(gemini_double) == 3


async def test_an_avatar_nobody_describes(road: Any, gemini_double: Double) -> None:
    """A description that was wanted and failed degrades the run and costs no card."""
    gemini_double.fail(**failure("blocked prompt", times=2, path_contains="generateContent"))
    policy = Policy(descriptions=True)
    card: CardGenerated = await road.card(samples.DEFAULT, policy=policy)
    bare: CardGenerated = await road.card(samples.NO_AVATAR, policy=policy)

    assert [one.stage for one in card.degradations] == [DESCRIPTION]
    assert card.traits is not None
    assert bare.degradations == ()


async def test_nothing_secret(
    road: Any,
    objects: FolderStore,
    gemini_double: Double,
    account: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No key and no token is in a log, an event or an object; prompts are in objects alone."""
    events = []
    for name in ("bad key", "no permission", "schema refused", "wrong archetype", "internal"):
        gemini_double.mend()
        gemini_double.fail(**failure(name))
        event = await road.begin(samples.DEFAULT, run_id=uuid4())
        await road.end_of(event)
        events += [one.model_dump_json() for one in await road.told(event.run_id)]
    kept = [path.read_text("utf-8", "replace") for path in objects.root.rglob("*.json")]
    said = capsys.readouterr()
    told = "\n".join([*events, said.out, said.err])
    private = json.loads(account.read_text())["private_key"].splitlines()[1]

    assert "gemini_refused" in said.out
    assert "collectible trading card" not in told
    for secret in (KEY, "ya29.double", private, "API key not valid"):
        assert secret not in told
        assert secret not in "\n".join(kept)
