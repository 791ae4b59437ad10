"""A browser in front of the api's pages, and the samples it looks at."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient, Response

from techub_api.app import create_app
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_common.events import CardFailed
from techub_common.settings import AppEnv
from tests.integration.api.conftest import start_run
from tests.integration.api.facts import captured, card, recorded

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SIGNALS = {
    "score": 1,
    "threshold": 3,
    "eligible": False,
    "signals": {
        "account_age": {"met": True, "detail": "The account is 812 days old.", "advice": None},
        "social_proof": {"met": False, "detail": "0 followers.", "advice": "Follow 3 accounts."},
    },
}


def browser_at(resources: Resources) -> AsyncClient:
    """Return a browser that keeps cookies and follows nothing by itself."""
    transport = ASGITransport(create_app(resources), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="https://techub.test", headers=HTML)


@pytest.fixture
async def browser(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Give a browser in front of a production."""
    async with browser_at(resources) as client:
        yield client


@pytest.fixture
def workshop(resources: Resources) -> Resources:
    """Give the same resources where developers work; one profile per person is the cap."""
    settings = resources.settings.model_copy(
        update={"app_env": AppEnv.development, "profile_ownership_cap": 1}
    )
    return replace(resources, settings=settings)


@pytest.fixture
async def developer(workshop: Resources) -> AsyncIterator[AsyncClient]:
    """Give a browser in which the sample user is signed in."""
    async with browser_at(workshop) as client:
        form = token_in(await client.get("/submit"))
        answer = await client.post("/dev/sign-in", data={"form_token": form})
        assert answer.status_code == 303
        yield client


def token_in(page: Response) -> str:
    """Return the token of the page's first form."""
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


async def finished(
    resources: Resources, login: str = "pip", *, name: str = "Pip", person: str = "ada"
) -> UUID:
    """Deal a card with every picture and return the run."""
    run_id = await start_run(resources, login, person)
    await keep_ledger(await card(resources, run_id, login, name=name), resources)
    for kind in resources.variants:
        await keep_ledger(await captured(resources, run_id, kind), resources)
        made = recorded(run_id, kind)
        for file in made.renditions:
            await resources.objects.put(file.object_key, file.format.encode(), file.mime)
        await keep_ledger(made, resources)
    return run_id


async def refused(resources: Resources, login: str = "ghost") -> UUID:
    """Fail the eligibility check of a login and return the run."""
    run_id = await start_run(resources, login)
    failure = CardFailed(
        run_id=run_id,
        login=login,
        stage="evaluate_eligibility",
        code="not_eligible",
        message="raw words of the machine",
        detail=SIGNALS,
    )
    await keep_ledger(failure, resources)
    return run_id
