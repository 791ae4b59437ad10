"""`POST /api/v1/profiles/{login}/runs`: part of a card anew, for whoever looks after it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update

from techub_api.accounts.tables import User
from techub_api.profiles.tables import Ownership
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_common.database import transaction
from tests.integration.api.http.conftest import program_at, token_of
from tests.integration.api.pages.conftest import developer, finished, token_in, workshop  # noqa: F401  # fixtures


async def again(client: AsyncClient, body: Any, login: str = "pip") -> Response:
    """Ask for a run."""
    return await client.post(f"/api/v1/profiles/{login}/runs", json=body)


async def newest(resources: Resources) -> Run:
    """Return the newest run."""
    async with transaction(resources.sessions) as session:
        return (await session.scalars(select(Run).order_by(Run.number.desc()).limit(1))).one()


async def end(resources: Resources, status: str = "success", ago: timedelta | None = None) -> None:
    """End every run like this, so long ago."""
    async with transaction(resources.sessions) as session:
        values: dict[str, Any] = {"status": status, "finished_at": func.now()}
        if ago:
            values["created_at"] = func.now() - ago
        await session.execute(update(Run).values(values))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"recipe": "screenshot_refresh"}, {"recipe": "screenshot_refresh"}),
        (
            {"recipe": "screenshot_refresh", "variants": ["simple", "og"]},
            {"variants": ["og", "simple"]},
        ),
        ({"recipe": "github_sync"}, {"screenshots": "skip"}),
        ({"skip_stages": ["generate_ai_profile"]}, {"skip_stages": ["generate_ai_profile"]}),
        ({}, {"recipe": None, "screenshots": "take"}),
    ],
)
async def test_a_part(
    ada: AsyncClient, resources: Resources, body: Any, expected: dict[str, Any]
) -> None:
    """What is asked for is what the run does, on this person's word; it can be watched."""
    await finished(resources)
    answer = await again(ada, body)
    watched = await ada.get(answer.json()["status_url"])

    run = await newest(resources)
    assert answer.status_code == 202
    assert answer.json()["run_id"] == str(run.id)
    assert run.options | expected == run.options
    assert (run.trigger, run.requested_by is not None) == ("retry", True)
    assert watched.json()["recipe"] == body.get("recipe")


async def test_the_same_again_joins(ada: AsyncClient, resources: Resources) -> None:
    """The same asked for twice is one run; something else has to wait for its end."""
    await finished(resources)
    first = await again(ada, {"recipe": "github_sync"})
    second = await again(ada, {"recipe": "github_sync"})
    other = await again(ada, {"recipe": "avatar_refresh"})

    assert (first.status_code, second.status_code, other.status_code) == (202, 200, 409)
    assert first.json() == second.json()
    assert other.json()["type"] == "urn:techub:problem:run_open"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"recipe": "haste"}, "unknown_recipe"),
        ({"only_stages": ["haste"]}, "unknown_stage"),
        ({"variants": ["poster"]}, "unknown_variant"),
        ({"variants": []}, "options_refused"),
        ({"preserve_fields": ["password"]}, "unknown_field"),
        ({"recipe": "github_sync", "preserve_avatar": False, "skip_stages": ["x"]}, None),
        ({"ai_mode": "mock"}, "invalid_request"),
        ([], "invalid_request"),
        ({"variants": ["x" * 101]}, "invalid_request"),
    ],
)
async def test_what_there_is_not(
    ada: AsyncClient, resources: Resources, body: Any, code: str | None
) -> None:
    """What nobody knows, or is not for people to choose, is refused by name."""
    await finished(resources)
    before = (await newest(resources)).id
    answer = await again(ada, body)

    assert answer.status_code == 422
    assert code is None or answer.json()["type"] == f"urn:techub:problem:{code}"
    assert (await newest(resources)).id == before


async def test_who_may(ada: AsyncClient, stranger: AsyncClient, resources: Resources) -> None:
    """Nobody without a token, nobody who does not look after the profile, and nothing unknown."""
    await finished(resources)
    async with program_at(resources, await token_of(resources, "bob")) as bob:
        codes = [
            (await again(client, {"recipe": "screenshot_refresh"}, login)).status_code
            for client, login in ((stranger, "pip"), (bob, "pip"), (ada, "nobody"), (ada, "-"))
        ]

    assert codes == [401, 403, 404, 422]


async def test_no_pictures_without_a_card(ada: AsyncClient) -> None:
    """Pictures of a card that was never made cannot be taken again."""
    await ada.post("/api/v1/profiles", json={"login": "pip"})

    assert (await again(ada, {"recipe": "screenshot_refresh"})).status_code == 409


async def test_written_anew_once_a_week(ada: AsyncClient, resources: Resources) -> None:
    """The words are written anew once in seven days; pictures may be taken meanwhile."""
    await finished(resources)
    first = await again(ada, {})
    await end(resources)
    second = await again(ada, {})
    pictures = await again(ada, {"recipe": "screenshot_refresh"})
    await end(resources, ago=timedelta(days=7, seconds=1))
    later = await again(ada, {})

    codes = [answer.status_code for answer in (first, second, pictures, later)]
    assert codes == [202, 429, 202, 202]
    assert second.json()["type"] == "urn:techub:problem:rewritten_lately"
    assert 604_700 < int(second.headers["retry-after"]) <= 604_800


@pytest.mark.parametrize("status", ["failure", "canceled"])
async def test_a_failure_costs_nothing(ada: AsyncClient, resources: Resources, status: str) -> None:
    """A run that gave nothing does not use up the week."""
    await finished(resources)
    await again(ada, {})
    await end(resources, status)

    assert (await again(ada, {})).status_code == 202


async def test_two_at_the_same_moment(ada: AsyncClient, resources: Resources) -> None:
    """Of two who ask at once, one begins the week's run and the other joins or is refused."""
    await finished(resources)
    answers = await asyncio.gather(*(again(ada, {}) for _ in range(4)))

    assert [answer.status_code for answer in answers].count(202) == 1
    assert {answer.status_code for answer in answers} <= {202, 200, 429}
    async with transaction(resources.sessions) as session:
        made = select(func.count()).select_from(Run).where(Run.trigger == "retry")
        assert await session.scalar(made) == 1


async def test_from_ones_own_page(
    developer: AsyncClient,  # noqa: F811
    workshop: Resources,  # noqa: F811
) -> None:
    """`/my/profiles` takes pictures again, and writes the card anew while the week allows."""
    await finished(workshop)
    async with transaction(workshop.sessions) as session:
        me = select(User.id).where(User.login == "sample-user").scalar_subquery()
        await session.execute(update(Ownership).values(user_id=me))
    sent = []
    for deed in ("capture", "regenerate", "regenerate"):
        form = {"form_token": token_in(await developer.get("/my/profiles"))}
        sent.append(await developer.post(f"/my/profiles/pip/{deed}", data=form))
        await end(workshop)
    page = (await developer.get("/my/profiles")).text

    assert [answer.status_code for answer in sent] == [303, 303, 429]
    assert sent[0].headers["location"].startswith("/runs/")
    assert "retry-after" in sent[2].headers
    assert "written anew again from" in page
    assert "/my/profiles/pip/regenerate" not in page
    assert "/my/profiles/pip/capture" in page
