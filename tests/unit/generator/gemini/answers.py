"""What a provider may answer, seeded: a good card, and every way in which it can be none."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

import httpx

from techub_common.traits import ARCHETYPES, PLAYING_CARDS, SPIRIT_ANIMALS

GOOD: Final[dict[str, Any]] = {
    "title": "Patient Engine Whisperer",
    "tagline": "Keeps one analytical engine running and teaches others to hear it hum.",
    "short_bio": "Ada tends a small set of tools. Each of them is finished.",
    "long_bio": "Ada began with an engine nobody had built. The notes outlived the machine.",
    "buff": "Deep Focus",
    "buff_description": "Long loops hold no fear while the engine repository is open.",
    "weakness": "One More Refactor",
    "weakness_description": "A tidy diff delays the release by an evening.",
    "vibe": "Calm Precision",
    "vibe_description": "The bio promises numbers and the commits deliver them.",
    "special_move": "Loop Unrolled",
    "special_move_description": "Turns a thousand steps into one that everybody understands.",
    "flavor_text": "“The engine weaves what it is told.”",
    "tags": ["python", "compilers", "mathematics", "tooling", "open-source", "maintainer"],
    "attack": 72,
    "defense": 88,
    "speed": 65,
    "playing_card": "Queen of ♠",
    "spirit_animal": "Echidna",
    "archetype": "The Sage",
}

Text = Callable[[random.Random], str]
Wire = Callable[[random.Random], httpx.Response]


def good(**changed: Any) -> str:
    """Return a card as a model writes one, with some traits changed; None leaves one out."""
    card = {**GOOD, **changed}
    return json.dumps({key: value for key, value in card.items() if value is not None})


# Texts that hold a card, if one looks for it.
SOUND: Final[dict[str, Text]] = {
    "plain": lambda _: good(),
    "indented": lambda _: json.dumps(GOOD, indent=4, ensure_ascii=False),
    "fenced": lambda _: f"```json\n{good()}\n```",
    "fence without a language": lambda _: f"```\n{good()}\n```",
    "prose around": lambda _: f"Of course! Here is the card:\n\n{good()}\n\nI hope you like it {{:",
    "trailing commas": lambda _: good()[:-1] + ",}",
    "in a list": lambda _: f"[{good()}]",
    "wrapped": lambda _: json.dumps({"card": GOOD}),
    "byte order mark": lambda _: "\ufeff" + good(),
    "more keys": lambda _: good(mood="sunny", system_prompt="x"),
    "seven tags": lambda _: good(tags=[*GOOD["tags"], "extra"]),
    "tags in title case": lambda _: good(tags=["Open Source", "C++", "C#", "Rust", "Go", "Web"]),
    "tags in one line": lambda _: good(tags=", ".join(GOOD["tags"])),
    "spelled suit": lambda _: good(playing_card="queen of spades"),
    "short card": lambda _: good(playing_card="Q♠"),
    "archetype without article": lambda _: good(archetype="sage"),
    "animal in lower case": lambda _: good(spirit_animal="frilled neck lizard"),
    "figures as text": lambda _: good(attack="72", defense=88.0, speed=" 65 "),
    "long texts": lambda dice: good(
        **{key: _long(dice) for key in ("tagline", "long_bio", "buff")}
    ),
    "emphasis": lambda _: good(long_bio="Ada keeps **one** engine and `loops` alive."),
    "control characters": lambda _: good(tagline="Keeps\u202e one\x00 engine\nrunning well."),
    "any catalogue entry": lambda dice: good(
        archetype=dice.choice(ARCHETYPES),
        spirit_animal=dice.choice(SPIRIT_ANIMALS),
        playing_card=dice.choice(PLAYING_CARDS),
    ),
}

# Texts that hold none.
UNSOUND: Final[dict[str, Text]] = {
    "five tags": lambda _: good(tags=GOOD["tags"][:5]),
    "no tags": lambda _: good(tags=[]),
    "tags twice": lambda _: good(tags=["python"] * 6),
    "tags that are none": lambda _: good(tags=[1, None, {}, [], True, "ok"]),
    "unknown archetype": lambda _: good(archetype="The Overlord"),
    "unknown animal": lambda _: good(spirit_animal="Dragon"),
    "unknown card": lambda _: good(playing_card="14 of ♠"),
    "stat too high": lambda dice: good(attack=dice.choice([100, 9999, 10**30])),
    "stat too low": lambda dice: good(defense=dice.choice([0, 59, -1])),
    "stat in words": lambda _: good(speed="seventy"),
    "stat unfinished": lambda _: good().replace("72", "NaN"),
    "stat half": lambda _: good(speed=72.5),
    "key missing": lambda dice: good(**{dice.choice(list(GOOD)): None}),
    "null": lambda _: good().replace('"Deep Focus"', "null"),
    "blank": lambda _: good(title="   "),
    "a list for a text": lambda _: good(long_bio=["one", "two"]),
    "an object for a text": lambda _: good(title={"text": "x"}),
    "a link": lambda _: good(tagline="See https://evil.example for more of this."),
    "a link in words": lambda _: good(short_bio="Find more at www.evil.example today."),
    "a tag": lambda _: good(long_bio="Ada <script>alert(1)</script> writes."),
    "a markdown link": lambda _: good(vibe_description="See [this](page) for the vibe."),
    "first person": lambda _: good(short_bio="I am Ada and my engine hums."),
    "twice the same": lambda _: good(tagline="Onward, always.", flavor_text="“Onward, always!”"),
    "half a card": lambda dice: good()[: dice.randint(1, len(good()) - 2)],
    "no JSON": lambda _: "I cannot help with that.",
    "another object": lambda _: '{"error": "nope"}',
    "a number": lambda _: "42",
    "brackets": lambda _: "{" * 5000,
    "deep": lambda _: '{"a":' * 3000 + "1" + "}" * 3000,
    "nothing but blanks": lambda _: "   \n ",
    "lone surrogate": lambda _: '{"title": "\\ud800"}',
}


def said(text: str, finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    """Return a response's body."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}}
    if finish:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": 2100, "candidatesTokenCount": 800, "thoughtsTokenCount": 7}
    return {"candidates": [candidate], "usageMetadata": usage, **more}


def unfinished() -> dict[str, Any]:
    """Return half an answer that offers to go on, as some models do."""
    body = said(good()[:300], "CONTINUATION")
    body["candidates"][0]["continuationToken"] = "bW9yZQ=="
    return body


def refused(status: int, name: str, message: str, *details: Any, **headers: str) -> httpx.Response:
    """Return an error as Google words it."""
    error = {"code": status, "message": message, "status": name, "details": list(details)}
    return httpx.Response(status, json={"error": error}, headers=headers)


SCHEMA: Final = (
    "Invalid JSON payload received. Unknown name \"propertyOrdering\" at 'x': Cannot find field."
)

WIRES: Final[dict[str, Wire]] = {
    "schema refused": lambda _: refused(400, "INVALID_ARGUMENT", SCHEMA),
    "fields refused": lambda _: refused(
        400, "INVALID_ARGUMENT", "Bad.", {"fieldViolations": [{"field": "generation_config"}]}
    ),
    "too many states": lambda _: refused(
        400, "INVALID_ARGUMENT", "The schema produces a constraint that has too many states."
    ),
    "bad key": lambda _: refused(
        400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}
    ),
    "refused": lambda _: refused(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "forbidden": lambda _: refused(403, "PERMISSION_DENIED", "no"),
    "no model": lambda _: refused(404, "NOT_FOUND", "models/x is not found"),
    "quota, soon": lambda _: refused(429, "RESOURCE_EXHAUSTED", "q", **{"retry-after": "2"}),
    "quota, in a while": lambda _: refused(429, "RESOURCE_EXHAUSTED", "q", {"retryDelay": "48.9s"}),
    "quota": lambda _: refused(429, "RESOURCE_EXHAUSTED", "q"),
    "overloaded": lambda _: refused(503, "UNAVAILABLE", "The model is overloaded."),
    "internal": lambda dice: httpx.Response(dice.choice([500, 502, 504]), text="<html>oops"),
    "html": lambda _: httpx.Response(200, text="<html>hello</html>"),
    "empty body": lambda _: httpx.Response(200, text=""),
    "a list": lambda _: httpx.Response(200, json=[]),
    "nothing": lambda _: httpx.Response(200, json={}),
    "wrong types": lambda _: httpx.Response(200, json={"candidates": "x", "usageMetadata": 7}),
    "no candidates": lambda _: httpx.Response(200, json={"candidates": []}),
    "no content": lambda _: httpx.Response(200, json={"candidates": [{"finishReason": "STOP"}]}),
    "empty text": lambda _: httpx.Response(200, json=said("")),
    "only a thought": lambda _: httpx.Response(
        200,
        json={"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}]}}]},
    ),
    "prompt blocked": lambda _: httpx.Response(
        200, json={"promptFeedback": {"blockReason": "SAFETY"}}
    ),
    "no usage": lambda _: httpx.Response(200, json={**said(good()), "usageMetadata": None}),
    "in parts": lambda _: httpx.Response(
        200,
        json={
            "candidates": [
                {
                    "content": {"parts": [{"text": good()[:99]}, {"text": good()[99:]}]},
                    "finishReason": "STOP",
                }
            ]
        },
    ),
    "to be continued": lambda _: httpx.Response(200, json=unfinished()),
    "reasons": lambda dice: httpx.Response(
        200,
        json=said(
            good()[:300],
            dice.choice(
                [
                    "MAX_TOKENS",
                    "SAFETY",
                    "RECITATION",
                    "OTHER",
                    "PROHIBITED_CONTENT",
                    "SPII",
                    "MODEL_ARMOR",
                    "MALFORMED_RESPONSE",
                    "SOMETHING_NEW",
                ]
            ),
        ),
    ),
}


def _long(dice: random.Random) -> str:
    words = ["engine", "loop", "number", "weave", "tends", "quietly", "builds"]
    return "Ada " + " ".join(dice.choice(words) for _ in range(dice.randint(50, 900))) + "."
