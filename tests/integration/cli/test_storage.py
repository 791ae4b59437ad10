"""`techub storage` as operators see it, answered by a played api."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from techub_common.asks import PROBE_STORAGE, SHOW_STORAGE
from tests.integration.cli.conftest import Command, Road

Start = Callable[..., Awaitable[Command]]
INFO = {
    "app_host": "https://techub.test",
    "store": "the bucket techub at https://s3.test",
    "public_prefixes": ["generated/", "avatars/"],
    "read_at": "https://cdn.test",
    "policy_kept": True,
}
WORKS = {"step": "write", "works": True, "duration_ms": 12, "problem": None}
FAILS = {"step": "delete", "works": False, "duration_ms": 3, "problem": "STORAGE_URL \x1b[31mred"}


@pytest_asyncio.fixture(loop_scope="session")
async def answers(road: Road) -> AsyncIterator[dict[str, dict[str, Any]]]:
    """Give what the api answers to each question, to be changed by a test."""
    said: dict[str, dict[str, Any]] = {
        SHOW_STORAGE: INFO,
        PROBE_STORAGE: {"works": True, "steps": [WORKS]},
    }

    async def answer(question: Msg) -> None:
        await question.respond(json.dumps({"ok": True} | said[question.subject]).encode())

    heard = [await road.client.subscribe(subject, cb=answer) for subject in said]
    await road.client.flush()
    yield said
    for subscription in heard:
        await subscription.unsubscribe()


@pytest.mark.usefixtures("answers")
async def test_info(road: Road, techub: Start) -> None:
    """The host, the store and where it is read are printed, or the whole answer as JSON."""
    code, out, err = await (await techub(road.server.url, "storage", "info")).ended()
    as_json = await (await techub(road.server.url, "storage", "info", "--json")).ended()

    assert (code, err) == (0, "")
    for words in ("APP_HOST", "https://techub.test", "the bucket techub", "https://cdn.test"):
        assert words in out
    assert json.loads(as_json[1]) == {"ok": True} | INFO


async def test_probe(road: Road, techub: Start, answers: dict[str, dict[str, Any]]) -> None:
    """The exit code says whether every step worked; what failed says why, without colours."""
    well = await (await techub(road.server.url, "storage", "probe")).ended()
    answers[PROBE_STORAGE] = {"works": False, "steps": [WORKS, FAILS]}
    badly = await (await techub(road.server.url, "storage", "probe")).ended()

    assert (well[0], badly[0]) == (0, 1)
    assert "write" in well[1]
    assert "fails" in badly[1]
    assert "STORAGE_URL" in badly[1]
    assert "\x1b[31m" not in badly[1]


async def test_nobody_answers(road: Road, techub: Start) -> None:
    """Without an api the command says so and fails."""
    code, _, err = await (await techub(road.server.url, "storage", "info")).ended()

    assert code == 1
    assert "the api does not answer" in err
