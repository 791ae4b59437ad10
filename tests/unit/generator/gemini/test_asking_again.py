"""What is done about each kind of failure, with a model that follows a script."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from techub_generator.gemini.context import Material
from techub_generator.gemini.exchange import Answer, Kind, Question, Unanswered, Usage
from techub_generator.gemini.manner import CAREFUL, DARING, MORE_TOKENS
from techub_generator.gemini.providers import Name, Provider
from techub_generator.gemini.writing import PAUSE, Writer, Written
from techub_generator.profile import GitHubProfile
from tests.unit.generator.gemini.answers import GOOD, good

MODELS = {"model": "gemini-2.5-flash", "image_model": "gemini-2.5-flash-image"}
STUDIO = Provider(Name.ai_studio, **MODELS, base="", version="v1", key=SecretStr("k"))
VERTEX = Provider(Name.vertex, **MODELS, base="", version="v1", project="p")
DEADLINE = 40.0
WRONG = good(attack=120, archetype="The Overlord")


class Script:
    """Answers and failures in turn; remembers who was asked what, and keeps the time."""

    def __init__(self, *lines: str | tuple[Kind, dict[str, Any]] | Kind) -> None:
        self._lines = list(lines)
        self.asked: list[tuple[Name, Question, float]] = []
        self.now = 0.0

    async def ask(self, provider: Provider, question: Question, seconds: float) -> Answer:
        """Give the next line."""
        self.asked.append((provider.name, question, seconds))
        self.now += 1.0
        line = self._lines.pop(0)
        if isinstance(line, str) and not isinstance(line, Kind):
            usage = Usage(1000, 500)
            return Answer(provider.name, provider.model, line, finish_reason="STOP", usage=usage)
        kind, facts = line if isinstance(line, tuple) else (line, {})
        raise Unanswered(kind, provider.name, provider.model, **facts)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def writer(self, *providers: Provider) -> Writer:
        """Return a writer on this script's time."""
        return Writer(self, providers or (STUDIO,), DEADLINE, lambda: self.now, self.sleep)

    @property
    def whom(self) -> list[Name]:
        """Return who was asked, in turn."""
        return [name for name, _, _ in self.asked]


@pytest.fixture
def material(profile: Callable[..., GitHubProfile]) -> Material:
    """Give somebody with a bio and a README."""
    return Material(profile(bio="Counts holes in cards.", readme="# Notes\n\nOn the engine."))


def outcomes(written: Written) -> list[str]:
    """Return what each call came to."""
    return [call.outcome for call in written.calls]


async def test_named_violations(material: Material) -> None:
    """An answer that breaks the rules is asked again with what was wrong, and what it was."""
    script = Script(WRONG, good())
    written = await script.writer().write(material)
    again = script.asked[1][1]

    assert written.traits is not None
    assert outcomes(written) == ["invalid", "answered"]
    assert "attack: Input should be less than or equal to 99" in again.text
    assert "archetype: is not a known archetype" in again.text
    assert json.loads(again.text.split("<answer-")[2].split(">\n")[1].split("\n</")[0])
    assert again.temperature == CAREFUL


async def test_the_next_one(material: Material) -> None:
    """After two answers that break the rules the other provider is asked, from the beginning."""
    script = Script(WRONG, WRONG, good())
    written = await script.writer(STUDIO, VERTEX).write(material)

    assert script.whom == [Name.ai_studio, Name.ai_studio, Name.vertex]
    assert written.by.provider == "vertex"
    assert "What was wrong" not in script.asked[2][1].text


async def test_three_at_most(material: Material) -> None:
    """A fourth question is never paid for."""
    script = Script(*[WRONG] * 9)
    written = await script.writer(STUDIO, VERTEX).write(material)

    assert len(written.calls) == 3
    assert written.traits is None
    assert written.reason == "AI Studio wrote no valid card and Vertex AI wrote no valid card"


async def test_the_dialect_is_remembered(material: Material) -> None:
    """A refused schema is said plainer, for this card and every one after it."""
    script = Script(Kind.schema_refused, Kind.schema_refused, good(), good())
    writer = script.writer()
    first, second = await writer.write(material), await writer.write(material)
    schemas = [question.schema for _, question, _ in script.asked]

    assert outcomes(first) == ["schema_refused", "schema_refused", "answered"]
    assert outcomes(second) == ["answered"]
    assert schemas[0] is not None
    assert "enum" in schemas[0]["properties"]["archetype"]
    assert schemas[1] is not None
    assert "enum" not in schemas[1]["properties"]["archetype"]
    assert schemas[2:] == [None, None]


async def test_one_paid_call_after_a_refusal(material: Material) -> None:
    """Once a schema was refused there is one answer more, good or bad."""
    script = Script(Kind.schema_refused, WRONG, good())
    written = await script.writer(STUDIO, VERTEX).write(material)

    assert outcomes(written) == ["schema_refused", "invalid"]


async def test_empty_for_a_schema(material: Material) -> None:
    """Nothing in a 200 may be the schema's fault, until the schema has proven good."""
    empty = (Kind.empty, {"paid": True})
    script = Script(empty, good(), empty, good())
    writer = script.writer()
    await writer.write(material)
    await writer.write(material)
    enums = ["enum" in str(question.schema) for _, question, _ in script.asked]

    assert enums == [True, False, False, False]
    assert all(question.schema for _, question, _ in script.asked)


async def test_cut_off(material: Material) -> None:
    """What did not come to an end gets more room."""
    script = Script((Kind.truncated, {"paid": True}), good())
    await script.writer().write(material)

    assert script.asked[1][1].tokens == MORE_TOKENS > script.asked[0][1].tokens


async def test_recited(material: Material) -> None:
    """What repeated a known text is asked for in other words."""
    script = Script((Kind.recited, {"paid": True}), good())
    await script.writer().write(material)

    assert "words of your own" in script.asked[1][1].text
    assert script.asked[1][1].temperature == DARING


async def test_blocked(material: Material) -> None:
    """What a filter stopped is asked for without the texts of strangers, of everybody then."""
    blocked = (Kind.blocked, {"paid": True})
    script = Script(blocked, blocked, good())
    written = await script.writer(STUDIO, VERTEX).write(material)
    shown = ["Counts holes" in question.text for _, question, _ in script.asked]

    assert shown == [True, False, False]
    assert outcomes(written) == ["blocked", "blocked", "answered"]


async def test_a_short_wait(material: Material) -> None:
    """Two seconds are waited for."""
    script = Script((Kind.rate_limited, {"retry_after": 2.0}), good())
    written = await script.writer().write(material)

    assert written.traits is not None
    assert script.now == 4.0


async def test_a_long_wait(material: Material) -> None:
    """Who asks us to wait for longer is left alone until then, by other cards too."""
    script = Script((Kind.rate_limited, {"retry_after": 300.0}), good(), good(), good())
    writer = script.writer(STUDIO, VERTEX)
    for _ in range(2):
        await writer.write(material)
    script.now += 300.0
    await writer.write(material)

    assert script.whom == [Name.ai_studio, Name.vertex, Name.vertex, Name.ai_studio]


async def test_a_wait_of_unknown_length(material: Material) -> None:
    """Without a time to come back it is half a minute."""
    script = Script(Kind.rate_limited, good())
    writer = script.writer()
    first = await writer.write(material)
    second = await writer.write(material)
    script.now += PAUSE
    third = await writer.write(material)

    assert first.reason == "AI Studio allows no more questions for now"
    assert second.reason == "AI Studio asked us to wait"
    assert second.calls == ()
    assert third.traits is not None


@pytest.mark.parametrize("kind", [Kind.no_access, Kind.refused, Kind.timed_out])
async def test_hopeless(kind: Kind, material: Material) -> None:
    """What would be no better a second time goes to the next one at once."""
    script = Script(kind, good())
    written = await script.writer(STUDIO, VERTEX).write(material)

    assert script.whom == [Name.ai_studio, Name.vertex]
    assert written.traits is not None


@pytest.mark.parametrize("kind", [Kind.unavailable, Kind.unreadable])
async def test_once_more(kind: Kind, material: Material) -> None:
    """What may pass is tried a second time, and not a third."""
    script = Script(kind, kind, good())
    await script.writer(STUDIO, VERTEX).write(material)

    assert script.whom == [Name.ai_studio, Name.ai_studio, Name.vertex]


async def test_the_time_is_shared(material: Material) -> None:
    """The first of two may take most of the time, the last one all that is left."""
    script = Script(Kind.timed_out, good())
    await script.writer(STUDIO, VERTEX).write(material)
    limits = [seconds for _, _, seconds in script.asked]

    assert limits == [24.0, 39.0]


async def test_no_time_left(material: Material) -> None:
    """Nobody is asked when there is no time for an answer."""
    script = Script()
    writer = Writer(script, (STUDIO,), 0.1, lambda: 0.0, script.sleep)
    written = await writer.write(material)

    assert written.reason == "there was no time left to ask AI Studio"


async def test_what_it_cost(material: Material) -> None:
    """Every call says its tokens and what they cost: 1,000 in and 500 out are $0.00155."""
    written = await Script(good()).writer().write(material)
    [call] = written.calls

    assert (call.tokens_in, call.tokens_out, call.cost_micros) == (1000, 500, 1550)
    assert written.traits is not None
    assert written.traits.title == GOOD["title"]
