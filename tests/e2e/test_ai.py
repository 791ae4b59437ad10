"""Cards by a model: who wrote one stands on its page, and a model that goes away costs no card."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from sqlalchemy import update

from techub_api.profiles.tables import Profile
from techub_common.database import open_sessions, transaction
from techub_common.events import SUITE
from techub_devstack import samples
from techub_devstack.doubles import gemini
from techub_devstack.doubles.handle import Double
from techub_devstack.doubles.serving import in_thread
from techub_devstack.stack import ALERT_ADDRESS, Stack
from tests.e2e.conftest import Person, mails_to, steps_of, system

OTHER = samples.POPULAR
KEY = "AIzaSyEndToEndEndToEndEndToEndEndToEnd0"


class Model(Double):
    """The double of Gemini, on a server of its own that can be stopped."""

    def __init__(self, serving: ExitStack) -> None:
        super().__init__(serving.enter_context(in_thread(gemini.create_app())))
        object.__setattr__(self, "_serving", serving)

    def stop(self) -> None:
        """Be gone."""
        self._serving.close()  # type: ignore[attr-defined]  # set above


@pytest.fixture(scope="module")
def model() -> object:
    """Serve Gemini until a test stops it."""
    with ExitStack() as serving:
        yield Model(serving)


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory, model: Model) -> AsyncIterator[Stack]:
    """Give a system of its own whose cards Gemini writes."""
    environment = {
        "CAPTURE_VARIANTS": "card",
        "AI_IMAGES_ENABLED": "true",
        "GEMINI_API_BASE": model.url,
        "GEMINI_API_KEY": KEY,
    }
    async with system(tmp_path_factory, "ai-stack", environment=environment) as running:
        yield running


async def test_the_page_says_who_wrote_it(person: Person, model: Model) -> None:
    """One question makes a card; model, provider and prompt stand on the profile's page."""
    run = await person.finished(samples.DEFAULT)
    page = (await person.http.get(f"/profiles/{samples.DEFAULT}")).text

    assert run["status"] == "success"
    assert "Gemini 2.5 Flash" in page
    assert "through AI Studio, prompt traits-2, at the first try" in page
    assert sum(model.requests(login=samples.DEFAULT, method="POST").values()) == 1


async def test_the_key_is_nowhere(person: Person, stack: Stack, model: Model) -> None:
    """No page, answer, log or object has the key; the instructions are in private objects alone."""
    model.fail(status=500, times=1, body={"error": {"message": KEY}})
    run = await person.finished(samples.TINY)
    asked = [f"/profiles/{samples.TINY}", f"/runs/{run['run_id']}", f"/api/v1/runs/{run['run_id']}"]
    pages = [(await person.http.get(path)).text for path in asked]
    logs = [path.read_text("utf-8", "replace") for path in (stack.wanted.var / "log").glob("*")]
    stored = [path.read_text("utf-8", "replace") for path in stack.objects.rglob("*.json")]

    assert all(pages)
    for text in (*pages, *logs, *stored):
        assert KEY not in text
    for text in (*pages, *logs):
        assert "collectible trading card" not in text


async def test_artwork(person: Person, stack: Stack, model: Model) -> None:
    """Its owner asks for artwork: drawn with the next deal, published and shown as such."""
    login = samples.UNICODE
    await person.finished(login)
    url = stack.services_environment("api")["DATABASE_URL"]
    async with open_sessions(url, pool=1) as sessions, transaction(sessions) as session:
        await session.execute(
            update(Profile).where(Profile.login == login.lower()).values(artwork_wanted=True)
        )
    run = await person.finished(login)
    page = (await person.http.get(f"/profiles/{login}?tab=pictures")).text
    assets = (await person.http.get(f"/api/v1/profiles/{login}/assets")).json()["assets"]
    drawn = {one["kind"]: one for one in assets if one["kind"] in SUITE}
    seen = [(await person.http.get(one["url"])).status_code for one in drawn.values()]

    assert run["status"] == "success"
    assert set(drawn) == set(SUITE)
    assert {one["provider"] for one in drawn.values()} == {"ai_studio"}
    assert seen == [200] * 4
    assert "Drawn by a model" in page
    assert "Gemini, through AI Studio" in page
    assert sum(model.requests(path_contains="image:generateContent").values()) == 4


async def test_stopped_in_the_middle(person: Person, stack: Stack, model: Model) -> None:
    """A model that goes away in the middle of a question: a card, an alert, and no other mail."""
    alerts = len(await mails_to(stack, ALERT_ADDRESS))
    model.fail(delay_seconds=60, login=OTHER)
    accepted = await person.submit(OTHER)
    until = time.monotonic() + 60
    while not await asyncio.to_thread(model.requests, login=OTHER):
        assert time.monotonic() < until, "nobody asked the model"
        await asyncio.sleep(0.05)
    await asyncio.to_thread(model.stop)
    run = await person.until_told(accepted["run_id"])
    page = (await person.http.get(f"/profiles/{OTHER}")).text

    assert run["status"] == "partial_success"
    assert steps_of(run)["generate_ai_profile"] == "degraded"
    assert "The rules of TecHub" in page
    assert "AI Studio does not answer at the moment" in page
    assert len(await mails_to(stack, ALERT_ADDRESS)) == alerts + 1
    assert [mail for mail in await person.mails() if OTHER in mail["subject"]] == []
