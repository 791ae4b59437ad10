"""An operator's browser in front of the pages, with a real stream behind them."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import select

from techub_api.app import create_app
from techub_api.ops.redriving import Redriving
from techub_api.ops.tables import Action, ActionRun
from techub_api.resources import Resources
from techub_common.database import transaction
from tests.integration.api.pages.conftest import HTML
from tests.integration.api.test_sweep import road  # noqa: F401  # a fixture

OPERATORS = "root:correct horse,night:owl:with:colons"
ROOT = ("root", "correct horse")


def guarded(resources: Resources, operators: str | None = OPERATORS, **more: Any) -> Resources:
    """Return the resources of a place that has these operators."""
    secret = SecretStr(operators) if operators else None
    settings = resources.settings.model_copy(update={"ops_http_basic": secret, **more})
    return replace(resources, settings=settings)


def operator_at(
    resources: Resources, who: tuple[str, str] | None = ROOT, host: str = "192.0.2.1"
) -> AsyncClient:
    """Return a browser in front of this app, with these credentials in hand."""
    transport = ASGITransport(create_app(resources), raise_app_exceptions=False, client=(host, 1))
    return AsyncClient(transport=transport, base_url="https://techub.test", headers=HTML, auth=who)


@pytest.fixture
def place(road: Resources) -> Resources:  # noqa: F811
    """Give a production with operators and a stream."""
    return guarded(road)


@pytest.fixture
async def operator(place: Resources) -> AsyncIterator[AsyncClient]:
    """Give the browser of the operator root."""
    async with operator_at(place) as client:
        yield client


def token_of(page: Response) -> str:
    """Return the token of the page's forms."""
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


async def post(client: AsyncClient, address: str, **fields: Any) -> Response:
    """Send a form as the page at hand would, with its token."""
    token = token_of(await client.get("/ops/jobs"))
    return await client.post(address, data={"form_token": token, **fields})


async def looked(client: AsyncClient, address: str, **fields: Any) -> int:
    """Have a dry run made and return the number of the plan."""
    answer = await post(client, address, **fields)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


async def confirmed(client: AsyncClient, number: int, why: str = "INC-1") -> None:
    """Say that a plan may be carried out."""
    answer = await post(client, f"/ops/actions/{number}/confirm", why=why)
    assert answer.status_code == 303, answer.text


async def carried_out(resources: Resources) -> None:
    """Do all that was confirmed."""
    work = Redriving(resources)
    while await work.work_once():
        pass


async def actions(resources: Resources) -> list[Action]:
    """Return the audit table."""
    async with transaction(resources.sessions) as session:
        return list(await session.scalars(select(Action).order_by(Action.id)))


async def runs_of(resources: Resources, number: int) -> dict[UUID, ActionRun]:
    """Return what an action is about."""
    async with transaction(resources.sessions) as session:
        rows = await session.scalars(select(ActionRun).where(ActionRun.action_id == number))
        return {row.run_id: row for row in rows}
