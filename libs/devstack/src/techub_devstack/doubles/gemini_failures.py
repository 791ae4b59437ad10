"""Every way in which Gemini fails, in the vendors' words, by name: `double.fail(**failure(…))`."""

import json
from collections.abc import Callable
from typing import Any

from techub_devstack.doubles import gemini_card, gemini_wire
from techub_devstack.doubles.gemini_wire import Prompt

OK = 200
MODEL = "gemini-2.5-flash"
RPC = "type.googleapis.com/google.rpc."
PROMPT = Prompt.read({"contents": [{"parts": [{"text": '{"login": "someone"}'}]}]})


def failure(name: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - a fault's own
    """Return the fault of that name; options are further fields of it, `times` above all."""
    return {**FAILURES[name](), **options}


def _error(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    return {"status": code, "body": gemini_wire.error(code, status, message, *details)}


def _reason(reason: str, service: str = "generativelanguage.googleapis.com") -> dict[str, Any]:
    return {
        "@type": f"{RPC}ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": service},
    }


def _violations(*places: tuple[str, str]) -> dict[str, Any]:
    named = [{"field": field, "description": text} for field, text in places]
    return {"@type": f"{RPC}BadRequest", "fieldViolations": named}


def _said(text: str, finish: str = "STOP") -> dict[str, Any]:
    body = gemini_wire.text_answer(PROMPT, text, MODEL, vertex=False)
    body["candidates"][0]["finishReason"] = finish
    return {"status": OK, "body": body}


def _unsaid(finish: str, **more: object) -> dict[str, Any]:
    fault = _said("", finish)
    fault["body"]["candidates"][0] = {"content": {}, "finishReason": finish, "index": 0, **more}
    return fault


def _card(**changed: object) -> str:
    return json.dumps({**gemini_card.card(PROMPT.text), **changed}, ensure_ascii=False)


def _unknown_name() -> dict[str, Any]:
    place = "generation_config.response_schema"
    text = (
        f"Invalid JSON payload received. Unknown name \"propertyOrdering\" at '{place}': "
        "Cannot find field."
    )
    return _error(400, "INVALID_ARGUMENT", text, _violations((place, text)))


def _quota() -> dict[str, Any]:
    text = (
        "You exceeded your current quota, please check your plan and billing details.\n"
        "Please retry in 48.939935699s."
    )
    details = ({"@type": f"{RPC}QuotaFailure"}, {"@type": f"{RPC}RetryInfo", "retryDelay": "48s"})
    return _error(429, "RESOURCE_EXHAUSTED", text, *details)


def _blocked_prompt() -> dict[str, Any]:
    usage = {"promptTokenCount": PROMPT.tokens, "totalTokenCount": PROMPT.tokens}
    blocked = {"blockReason": "PROHIBITED_CONTENT"}
    body = {"promptFeedback": blocked, "usageMetadata": usage, "modelVersion": MODEL}
    return {"status": OK, "body": body}


FAILURES: dict[str, Callable[[], dict[str, Any]]] = {
    "schema refused": _unknown_name,
    "too many states": lambda: _error(
        400,
        "INVALID_ARGUMENT",
        "The specified schema produces a constraint that has too many states for serving.",
    ),
    "bad request": lambda: _error(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "bad key": lambda: _error(
        400,
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
        _reason("API_KEY_INVALID"),
    ),
    "location": lambda: _error(
        400, "FAILED_PRECONDITION", "User location is not supported for the API use."
    ),
    "no permission": lambda: _error(
        403,
        "PERMISSION_DENIED",
        "Permission 'aiplatform.endpoints.predict' denied on resource (or it may not exist).",
        _reason("IAM_PERMISSION_DENIED", "aiplatform.googleapis.com"),
    ),
    "api disabled": lambda: _error(
        403,
        "PERMISSION_DENIED",
        "Generative Language API has not been used in project 12345678 before or it is disabled.",
        _reason("SERVICE_DISABLED"),
    ),
    "no model": lambda: _error(
        404, "NOT_FOUND", f"models/{MODEL} is not found for API version v1beta."
    ),
    "quota": _quota,
    "quota, soon over": lambda: {**_quota(), "headers": {"retry-after": "1"}},
    "overloaded": lambda: _error(
        503, "UNAVAILABLE", "The model is overloaded. Please try again later."
    ),
    "internal": lambda: _error(
        500, "INTERNAL", "An internal error has occurred. Please retry or report it."
    ),
    "bad gateway": lambda: {"status": 502, "body": "<html><title>502</title></html>"},
    "slow": lambda: {"delay_seconds": 120.0},
    "hang up": lambda: {"hang_up": True},
    "answer lost": lambda: {"hang_up": True, "after": True},
    "empty": lambda: _said(""),
    "no candidates": lambda: {"status": OK, "body": {"candidates": [], "modelVersion": MODEL}},
    "max tokens": lambda: _said(_card()[:400], "MAX_TOKENS"),
    "all thought": lambda: _unsaid("MAX_TOKENS"),
    "safety": lambda: _unsaid(
        "SAFETY",
        safetyRatings=[
            {"category": "HARM_CATEGORY_HATE_SPEECH", "probability": "LOW", "blocked": True}
        ],
    ),
    "blocked prompt": _blocked_prompt,
    "recitation": lambda: _unsaid("RECITATION", citationMetadata={}),
    "other": lambda: _unsaid("OTHER", finishMessage="Model failed to generate content."),
    "not JSON": lambda: {"status": OK, "body": "<html>hello</html>"},
    "prose": lambda: _said(f"Certainly! Here is the card:\n{_card()}\nEnjoy {{it}}!"),
    "fenced": lambda: _said(f"```json\n{_card()}\n```"),
    "five tags": lambda: _said(_card(tags=["one", "two", "three", "four", "five"])),
    "seven tags": lambda: _said(_card(tags=["a", "b", "c", "d", "e", "f", "g"])),
    "wrong archetype": lambda: _said(_card(archetype="The Overlord")),
    "wrong animal": lambda: _said(_card(spirit_animal="Dragon")),
    "stat out of range": lambda: _said(_card(attack=120)),
    "no card": lambda: _said("I would rather write a poem."),
    "no picture": lambda: _said("Here is your picture of a cat!"),
}
