"""The generator with each thing it depends on broken in turn says exactly that."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig

from techub_common.settings import AppEnv
from techub_common.streams import EVENTS, GENERATOR, consumer_config
from techub_devstack.doubles.gemini_failures import failure
from techub_devstack.doubles.handle import Double
from techub_generator.gemini.examining import LATER
from techub_generator.github.standing import REPLACE, WAIT_OR_ADD
from techub_generator.service import opener
from techub_generator.settings import Settings

from .conftest import Ask, answering, bad


@pytest.fixture
def settings(
    nats_url: str, github_double: Double, gemini_double: Double, tmp_path: Path
) -> Settings:
    """Give the settings of a generator in front of the doubles."""
    (tmp_path / "objects").mkdir()
    return Settings(
        app_env=AppEnv.test,
        nats_url=nats_url,
        storage_url=(tmp_path / "objects").as_uri(),
        github_api_url=github_double.url,
        github_token="ghp_one, ghp_two",
        gemini_api_base=gemini_double.url,
        gemini_api_key="key-of-the-doctor",
        ack_wait_seconds=3.0,
    )


@pytest.fixture
async def asked(js: JetStreamContext, settings: Settings, ask: Ask) -> AsyncIterator[Ask]:
    """Give the question to a generator that is open."""
    await js.stream_info(EVENTS)
    async with answering(settings, opener(settings, patience=2.0)):
        yield ask


async def test_all_is_well(asked: Ask) -> None:
    """Every dependency is named, and nothing that costs money was asked for."""
    found = await asked("generator")

    assert list(found) == [
        "answers",
        "nats",
        "consumer",
        "store",
        "github",
        "gemini text ai_studio",
    ]
    assert bad(found) == {}
    assert "token-2: " in found["github"].seen


async def test_what_costs_money(asked: Ask, gemini_double: Double) -> None:
    """An answer of a shape and a picture are really asked for, each once."""
    found = await asked("generator", depth="paid")

    assert bad(found) == {}
    assert found["gemini picture ai_studio"].seen.startswith("gemini-2.5-flash-image drew ")
    assert "keeps to a schema" in found["gemini structured ai_studio"].seen
    assert sum(gemini_double.requests(path_contains="generateContent").values()) == 3


async def test_a_token_github_does_not_accept(asked: Ask, github_double: Double) -> None:
    """The token is named by its place, never by itself."""
    github_double.fail(401, token="ghp_two", body={"message": "Bad credentials"})
    found = await asked("generator")

    assert list(bad(found)) == ["github"]
    assert "token-2: GitHub does not accept our credentials" in found["github"].seen
    assert found["github"].todo == REPLACE


async def test_no_quota_left(asked: Ask, github_double: Double) -> None:
    """When all is used up it is said until when."""
    spent = {"limit": 5000, "remaining": 0, "reset": 1_800_000_000}
    github_double.fail(
        200, path_contains="rate_limit", body={"resources": {"core": spent, "graphql": spent}}
    )
    found = await asked("generator")

    assert list(bad(found)) == ["github"]
    assert found["github"].seen.startswith("token-1: 0 of 5,000 requests until 08:00 UTC")
    assert found["github"].todo == WAIT_OR_ADD


async def test_github_is_away(asked: Ask, github_double: Double) -> None:
    """A server error is not taken for a bad token."""
    github_double.fail(503, path_contains="rate_limit")
    found = await asked("generator")

    assert "GitHub is not available right now: it answered 503." in found["github"].seen


@pytest.mark.parametrize(
    ("name", "said", "todo"),
    [
        ("bad key", "does not let us in", "See that GEMINI_API_KEY is good"),
        ("overloaded", "does not answer at the moment", LATER),
        ("quota", "allows no more questions for now", LATER),
    ],
)
async def test_gemini_fails(
    asked: Ask, gemini_double: Double, name: str, said: str, todo: str
) -> None:
    """Whose model it is, what is wrong in our own words, and what to do."""
    gemini_double.fail(**failure(name))
    found = await asked("generator")

    assert list(bad(found)) == ["gemini text ai_studio"]
    assert found["gemini text ai_studio"].seen.startswith("gemini-2.5-flash: AI Studio")
    assert said in found["gemini text ai_studio"].seen
    assert found["gemini text ai_studio"].todo.startswith(todo)


async def test_gemini_speaks_but_does_no_more(asked: Ask, gemini_double: Double) -> None:
    """A model that keeps to no schema and one that draws nothing are two findings."""
    prose: dict[str, Any] = failure("no card", path_contains="flash:generate")
    gemini_double.fail(**prose)
    gemini_double.fail(**failure("no picture", path_contains="image"))
    found = await asked("generator", depth="paid")

    assert list(bad(found)) == ["gemini structured ai_studio", "gemini picture ai_studio"]


async def test_the_store_is_gone(asked: Ask, settings: Settings) -> None:
    """The step that failed is named, and where."""
    folder = Path(settings.storage_url.removeprefix("file://"))
    folder.rename(folder.with_name("away"))
    found = await asked("generator")

    said = (
        f"an object could not be written: the object store at {folder} (STORAGE_URL) cannot be"
        " used: it is not there"
    )
    assert bad(found) == {"store": ("fail", said)}


async def test_the_consumer_was_altered(asked: Ask, js: JetStreamContext) -> None:
    """What differs from the code is said field by field."""
    altered: ConsumerConfig = consumer_config(GENERATOR, 7.0)
    altered.max_ack_pending = 5
    await js.add_consumer(EVENTS, altered)
    found = await asked("generator")

    said = (
        "the consumer generator of EVENTS: ack_wait is 7.0, and must be 3.0; "
        "the consumer generator of EVENTS: max_ack_pending is 5, and must be 1000"
    )
    assert bad(found) == {"consumer": ("fail", said)}


async def test_without_credentials(js: JetStreamContext, settings: Settings, ask: Ask) -> None:
    """Nobody to ask for cards is as is to be; anonymous at GitHub works, and should not stay."""
    bare = settings.model_copy(update={"github_token": None, "gemini_api_key": None})
    await js.stream_info(EVENTS)
    async with answering(bare, opener(bare, patience=2.0)):
        found = await ask("generator")

    assert {name: state for name, (state, _) in bad(found).items()} == {"github": "warn"}
    assert "nobody is asked" in found["gemini"].seen
