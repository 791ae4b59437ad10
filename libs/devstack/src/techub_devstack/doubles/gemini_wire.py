"""Gemini's requests read and its answers written, in the spelling of AI Studio and of Vertex."""

import base64
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from techub_devstack.doubles.json_document import Json

CHARACTERS_PER_TOKEN = 4
IMAGE_TOKENS = 1290


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a request asks, whichever spelling it came in."""

    text: str
    system: str
    structured: bool
    schema: dict[str, Any]
    limit: int | None
    aspect_ratio: str
    wants_mime_type: bool
    pictures: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Prompt":
        """Return the prompt of a request body."""
        config = _either(body, "generationConfig", "generation_config") or {}
        mime_type = _either(config, "responseMimeType", "response_mime_type")
        parts = [part for turn in body["contents"] for part in turn.get("parts", [])]
        system = _either(body, "systemInstruction", "system_instruction") or {}
        image = _either(config, "imageConfig", "image_config") or {}
        return cls(
            text="\n".join(str(part["text"]) for part in parts if "text" in part),
            system="\n".join(str(part.get("text", "")) for part in system.get("parts", [])),
            structured=mime_type == "application/json",
            schema=_either(config, "responseSchema", "response_schema", "responseJsonSchema") or {},
            limit=_either(config, "maxOutputTokens", "max_output_tokens"),
            aspect_ratio=_either(image, "aspectRatio", "aspect_ratio") or "1:1",
            wants_mime_type=mime_type is not None,
            pictures=sum("inlineData" in part or "inline_data" in part for part in parts),
        )

    @property
    def tokens(self) -> int:
        """Roughly what the prompt counts as."""
        return tokens_of(self.text + self.system) + IMAGE_TOKENS * self.pictures


def tokens_of(text: str) -> int:
    """Return roughly the number of tokens of a text."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def text_answer(prompt: Prompt, text: str, model: str, *, vertex: bool) -> dict[str, Any]:
    """Return an answer in text, cut off where the request's limit is."""
    cut = text if prompt.limit is None else text[: prompt.limit * CHARACTERS_PER_TOKEN]
    finish = "STOP" if cut == text else "MAX_TOKENS"
    usage = {"modality": "TEXT", "tokenCount": tokens_of(cut)}
    return _answer(prompt, [{"text": cut}], finish, usage, model, vertex=vertex)


def image_answer(prompt: Prompt, picture: bytes, model: str, *, vertex: bool) -> dict[str, Any]:
    """Return an answer that carries a PNG."""
    data = base64.b64encode(picture).decode()
    parts = [{"inlineData": {"mimeType": "image/png", "data": data}}]
    usage = {"modality": "IMAGE", "tokenCount": IMAGE_TOKENS}
    return _answer(prompt, parts, "STOP", usage, model, vertex=vertex)


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    """Return an error body."""
    body: dict[str, Any] = {"code": code, "message": message, "status": status}
    return {"error": {**body, "details": list(details)} if details else body}


def structured(document: Json) -> str:
    """Return a structured answer's text."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def _answer(
    prompt: Prompt,
    parts: list[dict[str, Any]],
    finish: str,
    usage: dict[str, Any],
    model: str,
    *,
    vertex: bool,
) -> dict[str, Any]:
    candidate: dict[str, Json] = {
        "content": {"role": "model", "parts": parts},
        "finishReason": finish,
    }
    said = usage["tokenCount"]
    counted: dict[str, Json] = {
        "promptTokenCount": prompt.tokens,
        "candidatesTokenCount": said,
        "totalTokenCount": prompt.tokens + said,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt.tokens}],
        "candidatesTokensDetails": [usage],
    }
    answer: dict[str, Json] = {"modelVersion": model, "responseId": secrets.token_urlsafe(16)}
    if vertex:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        counted["trafficType"] = "ON_DEMAND"
        return {"candidates": [candidate], "usageMetadata": counted, "createTime": now, **answer}
    return {"candidates": [{**candidate, "index": 0}], "usageMetadata": counted, **answer}


def _either(body: Mapping[str, Any], *names: str) -> Json:
    return next((body[name] for name in names if name in body), None)
