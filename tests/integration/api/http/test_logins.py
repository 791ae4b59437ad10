"""What is known of a login while it is typed."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from techub_api.profiles.tables import Ownership, Profile
from techub_api.resources import Resources
from techub_common.database import transaction
from tests.integration.api.conftest import start_run
from tests.integration.api.pages.conftest import finished


async def look(client: AsyncClient, login: str = "pip") -> dict[str, Any]:
    """Return what a stranger is told."""
    answer = await client.get(f"/api/v1/logins/{login}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def own(resources: Resources, *, listed: bool = True) -> None:
    """Let somebody own `pip`."""
    async with transaction(resources.sessions) as session:
        await session.execute(update(Ownership).values(role="owner"))
        await session.execute(update(Profile).values(listed=listed))


async def test_nobody(stranger: AsyncClient) -> None:
    """A login nobody has submitted is free."""
    known = await look(stranger, "@Pip")

    assert (known["login"], known["exists"], known["may_submit"]) == ("Pip", False, True)
    assert known["sentence"] == "Nobody has a card of this login yet."


async def test_a_run_is_under_way(stranger: AsyncClient, resources: Resources) -> None:
    """An open run is named, so that one can go and watch it."""
    run_id = await start_run(resources, "pip")
    known = await look(stranger)

    assert known["open_run_id"] == str(run_id)
    assert (known["exists"], known["has_card"], known["may_submit"]) == (False, False, True)
    assert "right now" in known["sentence"]


async def test_a_card(stranger: AsyncClient, resources: Resources) -> None:
    """A card that is nobody's own may be dealt again."""
    await finished(resources)
    known = await look(stranger, "PIP")

    assert (known["exists"], known["has_card"], known["claimed"]) == (True, True, False)
    assert (known["may_submit"], known["yours"], known["open_run_id"]) == (True, False, None)


async def test_somebodys_own(stranger: AsyncClient, resources: Resources) -> None:
    """A claimed one is its owner's."""
    await finished(resources)
    await own(resources)
    known = await look(stranger)

    assert (known["claimed"], known["may_submit"], known["has_card"]) == (True, False, True)
    assert "belongs to somebody" in known["sentence"]


async def test_a_hidden_one(stranger: AsyncClient, resources: Resources) -> None:
    """Of a hidden profile nothing is said but that it is somebody's."""
    await finished(resources)
    await own(resources, listed=False)
    known = await look(stranger)

    assert (known["claimed"], known["may_submit"]) == (True, False)
    assert (known["exists"], known["has_card"], known["open_run_id"]) == (False, False, None)


@pytest.mark.parametrize("login", ["-", "a" * 40, "a%00b", "..", "a b"])
async def test_no_login(stranger: AsyncClient, login: str) -> None:
    """What is no login is a problem."""
    answer = await stranger.get(f"/api/v1/logins/{login}")

    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"
