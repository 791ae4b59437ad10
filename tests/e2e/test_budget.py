"""The day's budget in the whole system: the first card is by a model, the second by the rules."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from techub_common.permissions import OPERATORS
from techub_devstack import samples
from techub_devstack.stack import ALERT_ADDRESS, Stack
from tests.e2e.conftest import Person, mails_to, system

OTHER = "odessa-brightforge"
THIRD = "hoshino-kaeru-labs"


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Give a system of its own with a budget one card uses up."""
    environment = {"CAPTURE_VARIANTS": "card", "GEMINI_DAILY_TOKENS": "500"}
    async with system(
        tmp_path_factory, "budget-stack", ai="double", environment=environment
    ) as running:
        yield running


async def techub(stack: Stack, *arguments: str) -> tuple[int, Any]:
    """Return exit code and JSON of the operators' command."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "techub_cli",
        *arguments,
        "--json",
        env=os.environ | {"NATS_URL": stack.nats_url(OPERATORS)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, json.loads(out)


async def test_past_the_budget(person: Person, stack: Stack) -> None:
    """Cards go on being made and are whole; operators are told once, owners as ever."""
    first = await person.finished(samples.DEFAULT)
    others = [await person.finished(login) for login in (OTHER, THIRD)]
    pages = [
        (await person.http.get(f"/profiles/{login}")).text
        for login in (samples.DEFAULT, OTHER, THIRD)
    ]
    traits = [
        (await person.http.get(f"/profiles/{login}?tab=traits")).text for login in (OTHER, THIRD)
    ]
    alerts = await mails_to(stack, ALERT_ADDRESS)
    code, status = await techub(stack, "gemini", "status")

    assert [run["status"] for run in (first, *others)] == ["success"] * 3
    assert "Gemini 2.5 Flash" in pages[0]
    for page in pages[1:]:
        assert "The day&#39;s budget for models is used up." in page
    assert [page.count("Why this number:") for page in traits] == [3, 3]
    assert [mail["subject"].partition("] ")[2][:26] for mail in alerts] == [
        "the day's budget for models"[:26]
    ]
    assert len(await person.mails()) == 3
    assert (code, status["spending"]["exhausted"]) == (0, True)
    assert status["spending"]["tokens"] > 500
    assert status["spending"]["models"][0]["calls"] == 1


async def test_whether_it_answers(person: Person, stack: Stack) -> None:
    """Anybody may ask whether models answer; operators see each provider."""
    text = await person.http.get("/up/gemini")
    image = await person.http.get("/up/gemini/image")
    code, pinged = await techub(stack, "gemini", "ping")

    assert (text.status_code, text.json()) == (
        200,
        {"ok": True, "provider": "ai_studio", "model": "gemini-2.5-flash"},
    )
    assert image.json()["model"] == "gemini-2.5-flash-image"
    assert code == 0
    assert [one["works"] for one in pinged["providers"]] == [True] * len(pinged["providers"])
