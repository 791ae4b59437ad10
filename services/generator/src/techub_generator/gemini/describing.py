"""A picture is put into words, for whoever writes or draws in its spirit."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from techub_common.events import ModelCall
from techub_generator.gemini.calls import ANSWERED, INVALID, call_of
from techub_generator.gemini.exchange import Answer, Kind, Picture, Question, Unanswered
from techub_generator.gemini.prompts import DESCRIPTION_VERSION, template
from techub_generator.gemini.providers import Provider
from techub_generator.gemini.reading import object_in
from techub_generator.gemini.writing import Asks
from techub_generator.prose import clean, cut
from techub_generator.traits import flaw

KEYS: Final = (
    "description",
    "facial_features",
    "expression",
    "attire",
    "palette",
    "background",
    "mood",
)
SCHEMA: Final[dict[str, Any]] = {
    "type": "OBJECT",
    "properties": {key: {"type": "STRING"} for key in KEYS},
    "required": list(KEYS),
    "propertyOrdering": list(KEYS),
}
PURPOSE: Final = "description"
SECONDS: Final = 15.0
SHORTEST: Final = 0.2
WORTH: Final = 12  # characters; less describes nothing
LONGEST: Final = 600
LONGEST_DETAIL: Final = 120
SEEN: Final = frozenset({"image/png", "image/jpeg", "image/webp"})  # what both doors take

CALLS: Final = 3
PLAINLY: Final = (Kind.schema_refused, Kind.empty, Kind.unreadable)
ROOM: Final = (700, 1600)  # tokens of the structured question, more when it was cut off
PLAIN_ROOM: Final = 350


@dataclass(slots=True)
class Described:
    """What a model sees in a picture, or why it is not known; and every call."""

    description: str | None = None
    details: dict[str, str] = field(default_factory=dict)
    calls: list[ModelCall] = field(default_factory=list)
    reason: str | None = None


async def describe(
    asks: Asks,
    providers: Sequence[Provider],
    picture: Picture,
    clock: Callable[[], float] = time.monotonic,
) -> Described:
    """Return the picture in words, after three calls and 15 seconds at most; it raises nothing.

    The structured question comes first, with more room when the answer was cut off; then plain
    words are enough. A provider that cannot be asked leaves the rest to the next one.
    """
    described, ends = Described(), clock() + SECONDS
    for provider in providers:
        questions = _questions(picture)
        while questions and len(described.calls) < CALLS:
            if (left := ends - clock()) < SHORTEST:
                described.reason = described.reason or "there was no time left"
                return described
            question = questions.pop(0)
            try:
                answer = await asks.ask(provider, question, left)
            except Unanswered as error:
                described.calls.append(call_of(error, error.kind, PURPOSE))
                described.reason = str(error).rstrip(".")
                if error.kind in PLAINLY:
                    questions = questions[-1:]
                elif error.kind is not Kind.truncated:
                    break
                continue
            found = _found(answer, structured=question.json)
            described.calls.append(call_of(answer, ANSWERED if found else INVALID, PURPOSE))
            if found:
                described.description, described.reason = found.pop("description"), None
                described.details = found
                return described
            described.reason = f"{answer.provider.spoken} described nothing"
            questions = questions[-1:]
    return described


def _questions(picture: Picture) -> list[Question]:
    def put(name: str, room: int, **more: Any) -> Question:  # noqa: ANN401  # a question's own
        return Question(
            text=template(DESCRIPTION_VERSION, name),
            system=template(DESCRIPTION_VERSION, "system"),
            tokens=room,
            pictures=(picture,),
            **more,
        )

    structured = [
        put("question", room, json=True, schema=SCHEMA, temperature=0.15) for room in ROOM
    ]
    return [*structured, put("plain", PLAIN_ROOM, temperature=0.1)]


def _found(answer: Answer, *, structured: bool) -> dict[str, str]:
    """Return the description and its details, in plain text; nothing when it is not worth it."""
    found = object_in(answer.text, KEYS) if structured else {"description": answer.text}
    texts = {key: clean(value) for key, value in (found or {}).items() if key in KEYS}
    fit = {key: text for key, text in texts.items() if text and not flaw(text)}
    if len(fit.get("description", "")) < WORTH:
        return {}
    return {
        key: cut(text, LONGEST if key == "description" else LONGEST_DETAIL)
        for key, text in fit.items()
    }
