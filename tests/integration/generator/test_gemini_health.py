"""`ask.generator.gemini` over real NATS, in front of the double: what is said, and how often."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from pydantic import BaseModel

from techub_common.asks import CHECK_GEMINI, LIST_PROVIDERS, GeminiRequest, ProvidersRequest
from techub_devstack.doubles.handle import Double
from techub_generator.settings import Settings

KEY = "AIzaSyTestTestTestTestTestTestTestTest0"
RAW = {"error": {"code": 503, "message": f"projects/1234 key {KEY}", "status": "UNAVAILABLE"}}


@pytest.fixture
def settings(settings: Settings, gemini_double: Double) -> Settings:
    """Give the settings of a generator in front of Gemini's double."""
    gemini = {"gemini_api_base": gemini_double.url, "gemini_api_key": KEY}
    return Settings(**{**settings.model_dump(), **gemini})


@pytest.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    """Give a connection to ask over."""
    client = await nats.connect(nats_url)
    yield client
    await client.close()


async def asked(client: Client, subject: str, question: BaseModel) -> dict[str, Any]:
    """Return the answer."""
    reply = await client.request(subject, question.model_dump_json().encode(), timeout=20)
    answer: dict[str, Any] = json.loads(reply.data)
    return answer


def pings(double: Double) -> int:
    """Return how often Gemini was asked for something."""
    return sum(double.requests(path_contains="generateContent").values())


@pytest.mark.usefixtures("road")
async def test_a_crowd_costs_one_token(client: Client, gemini_double: Double) -> None:
    """A hundred questions at once are one ping, fresh or not; the other model takes one more."""
    crowd = [GeminiRequest(fresh=bool(number % 2)) for number in range(100)]
    answers = await asyncio.gather(*(asked(client, CHECK_GEMINI, one) for one in crowd))
    image = await asked(client, CHECK_GEMINI, GeminiRequest(model="image"))

    assert all(one["works"] for one in answers)
    assert (answers[0]["provider"], answers[0]["model"]) == ("ai_studio", "gemini-2.5-flash")
    assert (image["works"], image["model"]) == (True, "gemini-2.5-flash-image")
    assert pings(gemini_double) == 2


@pytest.mark.usefixtures("road")
async def test_why_not_is_said_in_our_own_words(client: Client, gemini_double: Double) -> None:
    """Nothing of what the provider says goes further."""
    gemini_double.fail(503, body=RAW)
    answer = await asked(client, CHECK_GEMINI, GeminiRequest())

    assert (answer["ok"], answer["works"]) == (True, False)
    assert answer["reason"] == "AI Studio does not answer at the moment."
    assert KEY not in json.dumps(answer)
    assert "1234" not in json.dumps(answer)


@pytest.mark.usefixtures("road")
async def test_who_is_asked(client: Client, gemini_double: Double) -> None:
    """The order is shown without asking anybody, and without a key."""
    answer = await asked(client, LIST_PROVIDERS, ProvidersRequest())

    assert answer["text"] == [
        {"provider": "ai_studio", "location": None, "model": "gemini-2.5-flash"}
    ]
    assert answer["images"][0]["model"] == "gemini-2.5-flash-image"
    assert KEY not in json.dumps(answer)
    assert pings(gemini_double) == 0
