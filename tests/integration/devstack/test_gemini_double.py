"""The double of Gemini over HTTP, on both of its doors."""

import base64
import json
from typing import Any

import httpx
import pytest

from techub_common.traits import CardTraits
from techub_devstack import samples
from techub_devstack.doubles.handle import Double

AI_STUDIO = "/v1beta/models/{model}:generateContent"
VERTEX = "/v1/projects/p/locations/us-central1/publishers/google/models/{model}:generateContent"
KEY = {"x-goog-api-key": "key"}
BEARER = {"authorization": "Bearer token"}
ABOUT = json.dumps({"profile": {"login": samples.DEFAULT, "name": "Juniper"}})


def ask(
    double: Double, door: str, headers: dict[str, str], text: str = ABOUT, **config: Any
) -> httpx.Response:
    """Ask for text, a card or a picture."""
    model = config.pop("model", "gemini-2.5-flash")
    spelling = "generation_config" if door == VERTEX else "generationConfig"
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}], spelling: config}
    return double.send("POST", door.format(model=model), json=body, headers=headers)


def said(answer: httpx.Response) -> str:
    """Return the text of an answer."""
    text: str = answer.json()["candidates"][0]["content"]["parts"][0]["text"]
    return text


def test_both_doors_write_the_same_card(gemini_double: Double) -> None:
    """Twenty valid traits, with what they cost."""
    studio = ask(gemini_double, AI_STUDIO, KEY, responseMimeType="application/json")
    vertex = ask(gemini_double, VERTEX, BEARER, response_mime_type="application/json")

    CardTraits.model_validate_json(said(studio))
    assert said(studio) == said(vertex)
    assert studio.json()["usageMetadata"]["totalTokenCount"] > 100
    assert vertex.json()["usageMetadata"]["trafficType"] == "ON_DEMAND"
    assert sum(gemini_double.requests(login=samples.DEFAULT).values()) == 2


def test_a_limit_cuts(gemini_double: Double) -> None:
    """A short limit ends the answer with MAX_TOKENS."""
    answer = ask(gemini_double, AI_STUDIO, KEY, text="ping", maxOutputTokens=1)

    assert answer.json()["candidates"][0]["finishReason"] == "STOP"
    cut = ask(gemini_double, AI_STUDIO, KEY, maxOutputTokens=2, responseMimeType="application/json")
    assert cut.json()["candidates"][0]["finishReason"] == "MAX_TOKENS"


def test_a_picture(gemini_double: Double) -> None:
    """An inline PNG; asking an image model for JSON is an error, as it is at Google."""
    image = {"model": "gemini-2.5-flash-image"}
    answer = ask(gemini_double, AI_STUDIO, KEY, imageConfig={"aspectRatio": "16:9"}, **image)

    inline = answer.json()["candidates"][0]["content"]["parts"][0]["inlineData"]
    assert inline["mimeType"] == "image/png"
    assert base64.b64decode(inline["data"]).startswith(b"\x89PNG")
    refused = ask(gemini_double, AI_STUDIO, KEY, responseMimeType="image/png", **image)
    assert refused.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("door", "headers", "config", "code", "status"),
    [
        (AI_STUDIO, {}, {}, 403, "PERMISSION_DENIED"),
        (AI_STUDIO, {"x-goog-api-key": "invalid"}, {}, 400, "INVALID_ARGUMENT"),
        (VERTEX, {}, {}, 401, "UNAUTHENTICATED"),
        (AI_STUDIO, KEY, {"model": "no-such-model"}, 404, "NOT_FOUND"),
    ],
)
def test_refused(
    gemini_double: Double,
    door: str,
    headers: dict[str, str],
    config: dict[str, Any],
    code: int,
    status: str,
) -> None:
    """Errors as Google writes them."""
    answer = ask(gemini_double, door, headers, **config)

    assert (answer.status_code, answer.json()["error"]["code"]) == (code, code)
    assert answer.json()["error"]["status"] == status
