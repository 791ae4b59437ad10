"""`techub gemini` as operators see it, answered by a played generator and a played api."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from nats.aio.msg import Msg

from techub_common.asks import CHECK_GEMINI, LIST_PROVIDERS, RUN_PIPELINE, SHOW_SPENDING
from techub_common.events import ARTWORKS
from tests.integration.cli.conftest import Command, Road

RUN = "5f0d7c1e-3b1a-4c55-9f0e-2f6f0a4f7a10"
Start = Callable[..., Awaitable[Command]]
PROVIDERS = {
    "text": [
        {"provider": "ai_studio", "model": "gemini-2.5-flash", "location": None},
        {"provider": "vertex", "model": "gemini-2.5-flash", "location": "us-central1"},
    ],
    "images": [],
    "deadline_seconds": 40.0,
}
SPENDING = {
    "day": "2026-11-27",
    "tokens": 1_996_418,
    "promised": 8_000,
    "cost_micros": 2_310_000,
    "exhausted": True,
    "models": [
        {
            "purpose": "traits",
            "provider": "ai_studio",
            "model": "gemini-2.5-flash",
            "calls": 512,
            "tokens_in": 1_500_000,
            "tokens_out": 496_418,
            "cost_micros": 2_310_000,
        }
    ],
    "switches": {
        "ai_text": True,
        "artwork": False,
        "descriptions": False,
        "require_eligibility": True,
        "eligibility_threshold": 3,
        "daily_tokens": 2_000_000,
    },
}
WELL = {"provider": "vertex", "model": "gemini-2.5-flash", "works": True, "duration_ms": 311}
BADLY = {
    "provider": "ai_studio",
    "model": "gemini-2.5-flash",
    "works": False,
    "duration_ms": 9,
    "kind": "rate_limited",
    "reason": "AI Studio allows no more questions for now. \x1b[31mred",
}


@pytest_asyncio.fixture(loop_scope="session")
async def answers(road: Road) -> AsyncIterator[dict[str, dict[str, Any]]]:
    """Give what is answered to each question, to be changed by a test; `asked` keeps the last."""
    said: dict[str, dict[str, Any]] = {
        LIST_PROVIDERS: PROVIDERS,
        SHOW_SPENDING: SPENDING,
        RUN_PIPELINE: {"run_id": RUN, "created": True},
        CHECK_GEMINI: {"works": True, "age_seconds": 0.1, "providers": [BADLY, WELL]},
    }
    subjects = tuple(said)

    async def answer(question: Msg) -> None:
        said["asked"] = json.loads(question.data)
        await question.respond(json.dumps({"ok": True} | said[question.subject]).encode())

    heard = [await road.client.subscribe(subject, cb=answer) for subject in subjects]
    await road.client.flush()
    yield said
    for subscription in heard:
        await subscription.unsubscribe()


async def test_status(road: Road, techub: Start, answers: dict[str, dict[str, Any]]) -> None:
    """Who is asked first, what is switched on, and what the day has cost; all of it as JSON too."""
    code, out, err = await (await techub(road.server.url, "gemini", "status")).ended()
    as_json = await (await techub(road.server.url, "gemini", "status", "--json")).ended()

    assert (code, err) == (0, "")
    for words in (
        "ai_studio gemini-2.5-flash, then vertex gemini-2.5-flash in us-central1",
        "nobody: there is no credential",
        "exhausted",
        "1,996,418 tokens of 2,000,000, about $2.31",
        "8,000 more set aside for open runs",
        "512 calls",
    ):
        assert words in " ".join(out.split())
    shown = json.loads(as_json[1])
    assert shown["providers"] == {"ok": True} | PROVIDERS
    assert shown["spending"] == {"ok": True} | SPENDING
    assert answers["asked"] == {}


async def test_ping(road: Road, techub: Start, answers: dict[str, dict[str, Any]]) -> None:
    """One provider that answers is enough; every one is shown, and why it does not, if so."""
    well = await (await techub(road.server.url, "gemini", "ping")).ended()
    asked = answers["asked"]
    answers[CHECK_GEMINI] = {"works": False, "age_seconds": 7.2, "providers": [BADLY]}
    badly = await (await techub(road.server.url, "gemini", "image-ping")).ended()

    assert (well[0], badly[0]) == (0, 1)
    assert asked == {"fresh": True}
    assert answers["asked"] == {"model": "image", "fresh": True}
    assert "works" in well[1]
    assert "AI Studio allows no more questions" in badly[1]
    assert "as it was 7 s ago" in badly[1]
    assert "\x1b[31m" not in badly[1]


async def test_nobody_to_ping(
    road: Road, techub: Start, answers: dict[str, dict[str, Any]]
) -> None:
    """Without a credential it says so and fails."""
    answers[CHECK_GEMINI] = {"works": False, "reason": "There is no credential.", "providers": []}
    code, out, _ = await (await techub(road.server.url, "gemini", "ping")).ended()

    assert code == 1
    assert "There is no credential." in out


async def test_nobody_answers(road: Road, techub: Start) -> None:
    """Without a generator the command says so and fails."""
    code, _, err = await (await techub(road.server.url, "gemini", "ping")).ended()

    assert code == 1
    assert "the generator does not answer" in err


async def test_avatar_suite(road: Road, techub: Start, answers: dict[str, dict[str, Any]]) -> None:
    """The suite is a run of its recipe; the alternates, and not to ask, are said."""
    well = await (await techub(road.server.url, "gemini", "avatar-suite", "pip")).ended()
    plain = answers["asked"]
    command = ("gemini", "avatar-suite", "pip", "--alternates", "--unasked", "--json")
    more = await (await techub(road.server.url, *command)).ended()

    assert (well[0], more[0]) == (0, 0)
    assert RUN in well[1]
    assert plain == {"login": "pip", "recipe": "avatar_suite"}
    assert answers["asked"] == {**plain, "artworks": list(ARTWORKS), "unasked": True}
    assert json.loads(more[1])["run_id"] == RUN
