"""Every failure the double knows is taken for what it is, through the real library."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from techub_devstack.doubles.gemini_failures import FAILURES, failure
from techub_devstack.doubles.handle import Double
from techub_generator.gemini.door import Gemini, open_gemini
from techub_generator.gemini.exchange import Kind, Question, Unanswered
from techub_generator.gemini.providers import Name, Provider, Providers
from techub_generator.gemini.schema import Dialect, schema_of

KINDS = {
    "schema refused": Kind.schema_refused,
    "too many states": Kind.schema_refused,
    "bad request": Kind.refused,
    "bad key": Kind.no_access,
    "location": Kind.no_access,
    "no permission": Kind.no_access,
    "api disabled": Kind.no_access,
    "no model": Kind.no_access,
    "quota": Kind.rate_limited,
    "quota, soon over": Kind.rate_limited,
    "overloaded": Kind.unavailable,
    "internal": Kind.unavailable,
    "bad gateway": Kind.unavailable,
    "slow": Kind.timed_out,
    "hang up": Kind.unavailable,
    "answer lost": Kind.unavailable,
    "empty": Kind.empty,
    "no candidates": Kind.empty,
    "max tokens": Kind.truncated,
    "all thought": Kind.truncated,
    "safety": Kind.blocked,
    "blocked prompt": Kind.blocked,
    "recitation": Kind.recited,
    "other": Kind.empty,
    "not JSON": Kind.unreadable,
}
TEXTS = set(FAILURES) - set(KINDS)
PAID = {Kind.timed_out, Kind.empty, Kind.truncated, Kind.blocked, Kind.recited, Kind.unreadable}


@pytest.fixture(scope="module")
def provider(running_gemini_double: Double) -> Provider:
    """Give AI Studio, as the double plays it."""
    return Provider(
        Name.ai_studio,
        model="gemini-2.5-flash",
        image_model="gemini-2.5-flash-image",
        base=running_gemini_double.url,
        version="v1beta",
        key=SecretStr("k"),
    )


@pytest.fixture(scope="module")
async def gemini(provider: Provider) -> AsyncIterator[Gemini]:
    """Open the door to it."""
    async with open_gemini(Providers((provider,))) as opened:
        yield opened


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
async def test_kinds(
    name: str, kind: Kind, gemini: Gemini, provider: Provider, gemini_double: Double
) -> None:
    """Each is of its kind, and paid for when an answer was begun."""
    gemini_double.fail(**failure(name, times=1))
    with pytest.raises(Unanswered) as caught:
        await gemini.ask(provider, Question("hello", json=True), 1.0)

    assert caught.value.kind is kind
    lost = name in {"hang up", "answer lost"}
    assert caught.value.paid == (kind in PAID or lost)


@pytest.mark.parametrize("name", sorted(TEXTS))
async def test_texts(name: str, gemini: Gemini, provider: Provider, gemini_double: Double) -> None:
    """The others are answers; what they are worth the writer finds out."""
    gemini_double.fail(**failure(name, times=1))
    answer = await gemini.ask(provider, Question("hello", json=True), 5.0)

    assert answer.text
    assert answer.usage.total > 0


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_dialects(
    dialect: Dialect, gemini: Gemini, provider: Provider, gemini_double: Double
) -> None:
    """No dialect says a field the double would refuse."""
    question = Question('{"login": "ada"}', json=True, schema=schema_of(dialect))
    answer = await gemini.ask(provider, question, 5.0)

    assert '"archetype"' in answer.text
    assert gemini_double.statuses() == [200]


@pytest.mark.parametrize("image", [False, True])
async def test_ping(image: bool, gemini: Gemini, provider: Provider, gemini_double: Double) -> None:
    """A ping is one small question to the model it is about."""
    answer = await gemini.ping(provider, image=image)
    [path] = gemini_double.requests()

    assert answer.model in path
    assert answer.model.endswith("image") == image
