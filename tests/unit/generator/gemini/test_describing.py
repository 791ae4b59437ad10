"""A picture in words: asked with ever less, three times at most, and never at any price."""

import json

import pytest
from pydantic import SecretStr

from techub_generator.gemini.describing import KEYS, describe
from techub_generator.gemini.exchange import Answer, Kind, Picture, Question, Unanswered, Usage
from techub_generator.gemini.providers import Name, Provider

MODELS = {"model": "gemini-2.5-flash", "image_model": "gemini-2.5-flash-image"}
STUDIO = Provider(Name.ai_studio, **MODELS, base="", version="v1", key=SecretStr("k"))
VERTEX = Provider(Name.vertex, **MODELS, base="", version="v1", project="p")
PICTURE = Picture(b"\x89PNG", "image/png")
SEEN = json.dumps({key: f"A calm {key.replace('_', ' ')}." for key in KEYS})


class Script:
    """Answers and failures in turn; remembers whom it was asked as, and what."""

    def __init__(self, *lines: str | Kind) -> None:
        self._lines = list(lines)
        self.asked: list[tuple[Name, Question]] = []

    async def ask(self, provider: Provider, question: Question, seconds: float) -> Answer:
        """Give the next line."""
        assert seconds > 0
        self.asked.append((provider.name, question))
        line = self._lines.pop(0)
        if isinstance(line, Kind):
            raise Unanswered(line, provider.name, provider.model, paid=True)
        return Answer(provider.name, provider.model, line, usage=Usage(1290, 90))


async def test_described() -> None:
    """One question: two sentences and six details, and what it took."""
    script = Script(SEEN)
    found = await describe(script, [STUDIO], PICTURE)
    [call] = found.calls

    assert found.description == "A calm description."
    assert set(found.details) == set(KEYS) - {"description"}
    assert (call.purpose, call.outcome, call.tokens_in) == ("description", "answered", 1290)
    assert script.asked[0][1].pictures == (PICTURE,)


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ([Kind.truncated, SEEN], [("ai_studio", 700), ("ai_studio", 1600)]),
        ([Kind.empty, "A cat on a red chair."], [("ai_studio", 700), ("ai_studio", 350)]),
        (["no", "A cat on a red chair."], [("ai_studio", 700), ("ai_studio", 350)]),
        ([Kind.rate_limited, SEEN], [("ai_studio", 700), ("vertex", 700)]),
        ([Kind.blocked, SEEN], [("ai_studio", 700), ("vertex", 700)]),
        (
            [Kind.truncated, Kind.truncated, "A cat on a red chair."],
            [("ai_studio", 700), ("ai_studio", 1600), ("ai_studio", 350)],
        ),
    ],
)
async def test_again(lines: list[str | Kind], asked: list[tuple[str, int]]) -> None:
    """With more room, in plainer words, or somebody else."""
    script = Script(*lines)
    found = await describe(script, [STUDIO, VERTEX], PICTURE)

    assert found.description is not None
    assert found.reason is None
    assert [(name, question.tokens) for name, question in script.asked] == asked


async def test_three_at_most() -> None:
    """After three calls it stays undescribed, and says why."""
    script = Script(*["no"] * 9)
    found = await describe(script, [STUDIO, VERTEX], PICTURE)

    assert found.description is None
    assert found.reason == "Vertex AI described nothing"
    assert len(found.calls) == 3


@pytest.mark.parametrize(
    "said", ["short", "See https://evil.example for more.", "<b>A cat</b> on a chair", "{}"]
)
async def test_worth_nothing(said: str) -> None:
    """What is too short, or more than plain text, describes nothing."""
    found = await describe(Script(said, said), [STUDIO], PICTURE)

    assert found.description is None
