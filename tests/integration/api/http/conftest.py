"""A program in front of the API, with a personal token."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, update

from techub_api.accounts.actions import create_token, user_with_login
from techub_api.app import create_app
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_common.database import transaction


def with_settings(resources: Resources, **changes: object) -> Resources:
    """Return the resources under other settings."""
    return replace(resources, settings=resources.settings.model_copy(update=changes))


async def token_of(resources: Resources, login: str) -> str:
    """Return a new personal token of this person."""
    async with transaction(resources.sessions) as session:
        return await create_token(session, await user_with_login(session, login), "test")


async def ended_runs(resources: Resources) -> None:
    """End every run, so that the next submission would begin another one."""
    async with transaction(resources.sessions) as session:
        await session.execute(update(Run).values(status="success", finished_at=func.now()))


def program_at(
    resources: Resources, token: str | None = None, host: str = "192.0.2.1"
) -> AsyncClient:
    """Return a program at this address."""
    transport = ASGITransport(create_app(resources), raise_app_exceptions=False, client=(host, 1))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return AsyncClient(transport=transport, base_url="https://techub.test", headers=headers)


@pytest.fixture
async def ada(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Give ada's program."""
    async with program_at(resources, await token_of(resources, "ada")) as client:
        yield client


@pytest.fixture
async def stranger(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Give a program without a token."""
    async with program_at(resources) as client:
        yield client
