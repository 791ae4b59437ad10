"""Real recorded answers of both doors are understood as what they are."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from techub_generator.gemini.door import Gemini, open_gemini
from techub_generator.gemini.exchange import Answer, Kind, Question, Unanswered
from techub_generator.gemini.providers import Name, Provider, Providers

STUDIO = Provider(
    Name.ai_studio,
    model="gemini-2.5-flash",
    image_model="gemini-2.5-flash-image",
    base="https://one.test",
    version="v1beta",
    key=SecretStr("k"),
)
FAILURES = {
    "error_400_api_key_invalid": Kind.no_access,
    "error_400_context_length_vertex": Kind.refused,
    "error_400_field_violations": Kind.schema_refused,
    "error_404_model_not_found": Kind.no_access,
    "error_429_quota_exceeded_resource_exhausted": Kind.rate_limited,
    "error_503_overloaded": Kind.unavailable,
    "firebase_error_400_image_rejected": Kind.refused,
    "firebase_error_400_unsupported_location": Kind.no_access,
    "firebase_error_403_api_not_enabled": Kind.no_access,
    "firebase_error_403_iam": Kind.no_access,
    "firebase_error_429_quota": Kind.rate_limited,
    "finish_MAX_TOKENS": Kind.truncated,
    "finish_MAX_TOKENS_empty_content": Kind.truncated,
    "finish_MODEL_ARMOR": Kind.blocked,
    "finish_SAFETY_blocked_1.5-flash": Kind.blocked,
    "finish_UNEXPECTED_TOOL_CALL": Kind.unreadable,
    "firebase_empty_content": Kind.empty,
    "firebase_finish_OTHER_no_content": Kind.empty,
    "firebase_finish_SAFETY": Kind.blocked,
    "firebase_prompt_blocked_SAFETY": Kind.blocked,
    "prompt_blocked_MODEL_ARMOR_no_candidates": Kind.blocked,
}
TEXTS = (
    "structured_json_responseschema_aistudio",
    "structured_json_responseschema_vertex",
    "structured_json_nested_native_output",
    "text_2.5-flash_aistudio",
    "text_2.5-flash_aistudio_long",
    "text_2.5-flash_vertex",
    "image_input_described_inline_png",
)
PICTURES = {
    "image_generation_2.5-flash-image_vertex_jpeg": "image/jpeg",
    "image_generation_2.5-flash-image_aistudio_png_with_text": "image/png",
}


class Replayed:
    """Gives one recorded answer."""

    status = 200
    body: Any = None

    def __call__(self, _: httpx.Request) -> httpx.Response:
        """Answer as recorded."""
        return httpx.Response(self.status, json=self.body)

    def load(self, folder: Path, name: str) -> None:
        """Take the recording of that name."""
        found = json.loads((folder / "gemini" / f"{name}.json").read_text("utf-8"))
        self.body = found["body"] if "provenance" in found else found
        error = self.body.get("error")
        self.status = error["code"] if error else 200


@pytest.fixture(scope="module")
async def replaying() -> AsyncIterator[tuple[Gemini, Replayed]]:
    """Give AI Studio answering from a recording."""
    replayed = Replayed()
    transport = httpx.MockTransport(replayed)
    async with open_gemini(Providers((STUDIO,)), transport=transport) as gemini:
        yield gemini, replayed


async def ask(gemini: Gemini) -> Answer:
    """Ask anything."""
    return await gemini.ask(STUDIO, Question("anything"), 5.0)


@pytest.mark.filterwarnings("ignore:.* is not a valid")
@pytest.mark.parametrize(("name", "kind"), FAILURES.items())
async def test_failures(
    name: str, kind: Kind, recorded: Path, replaying: tuple[Gemini, Replayed]
) -> None:
    """Each failure is of its kind, and says nothing in the vendor's words."""
    gemini, replayed = replaying
    replayed.load(recorded, name)
    with pytest.raises(Unanswered) as caught:
        await ask(gemini)

    assert caught.value.kind is kind
    assert caught.value.paid == (replayed.status == 200)
    assert str(caught.value).startswith("AI Studio ")


async def test_when_to_come_back(recorded: Path, replaying: tuple[Gemini, Replayed]) -> None:
    """A quota's RetryInfo is understood."""
    gemini, replayed = replaying
    replayed.load(recorded, "error_429_quota_exceeded_resource_exhausted")
    with pytest.raises(Unanswered) as caught:
        await ask(gemini)

    assert caught.value.retry_after == 48.0


@pytest.mark.filterwarnings("ignore:.* is not a valid")
@pytest.mark.parametrize("name", TEXTS)
async def test_texts(name: str, recorded: Path, replaying: tuple[Gemini, Replayed]) -> None:
    """A text comes whole, with its tokens, thoughts among them."""
    gemini, replayed = replaying
    replayed.load(recorded, name)
    answer = await ask(gemini)
    usage = replayed.body["usageMetadata"]

    assert answer.text == replayed.body["candidates"][0]["content"]["parts"][0]["text"]
    assert answer.usage.tokens_in == usage["promptTokenCount"]
    thoughts = usage.get("thoughtsTokenCount", 0)
    assert answer.usage.tokens_out == usage["candidatesTokenCount"] + thoughts


@pytest.mark.parametrize(("name", "mime"), PICTURES.items())
async def test_pictures(
    name: str, mime: str, recorded: Path, replaying: tuple[Gemini, Replayed]
) -> None:
    """A picture is found, whatever stands before it."""
    gemini, replayed = replaying
    replayed.load(recorded, name)
    answer = await gemini.draw(STUDIO, Question("an axolotl"), "1:1", 5.0)

    assert answer.picture is not None
    assert answer.picture.mime == mime
    assert len(answer.picture.content) > 1000


async def test_no_picture(recorded: Path, replaying: tuple[Gemini, Replayed]) -> None:
    """A model that only talks has drawn nothing."""
    gemini, replayed = replaying
    replayed.load(recorded, "image_model_answered_text_only")
    with pytest.raises(Unanswered) as caught:
        await gemini.draw(STUDIO, Question("an axolotl"), "1:1", 5.0)

    assert caught.value.kind is Kind.empty
