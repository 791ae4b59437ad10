"""Forms: signing in where developers work, submitting, signing out, and forms that are not ours."""

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from techub_api.accounts.actions import user_with_login
from techub_api.accounts.tables import User
from techub_api.profiles.identity import profile_for_login
from techub_api.profiles.tables import Ownership
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_common.database import transaction
from tests.integration.api.pages.conftest import browser_at, finished, token_in


async def count_of(resources: Resources, table: type[Run | User]) -> int:
    """Return how many rows there are."""
    async with transaction(resources.sessions) as session:
        return (await session.scalar(select(func.count()).select_from(table))) or 0


async def submitted(client: AsyncClient, **fields: str | list[str]) -> tuple[int, str, str]:
    """Send the form of `/submit` and return status, place to go to and page."""
    token = token_in(await client.get("/submit"))
    answer = await client.post("/submit", data={"form_token": token, **fields})
    return answer.status_code, answer.headers.get("location", ""), answer.text


async def test_not_open_yet(browser: AsyncClient, resources: Resources) -> None:
    """Where nobody can sign in yet, the page says so and offers no dead button."""
    page = await browser.get("/submit?login=pip")

    assert "Sign in is not open yet." in page.text
    assert "<button" not in page.text
    assert await count_of(resources, Run) == 0


@pytest.mark.parametrize("path", ["/dev/sign-in", "/dev/sign-in?login=x"])
async def test_no_shortcut_in_production(
    browser: AsyncClient, resources: Resources, path: str
) -> None:
    """In production nobody gets in by the developers' door: it is not there."""
    answer = await browser.post(path, data={"form_token": "x"})

    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    assert await count_of(resources, User) == 0


async def test_a_card_that_is_there(browser: AsyncClient, resources: Resources) -> None:
    """Who asks for a card that exists is pointed to it."""
    await finished(resources)

    assert 'href="/profiles/pip"' in (await browser.get("/submit?login=pip")).text


async def test_from_sign_in_to_run(workshop: Resources) -> None:
    """One click signs in, the login typed before is still there, and the run starts."""
    async with browser_at(workshop) as client:
        token = token_in(await client.get("/submit?login=octocat"))
        door = await client.post(
            "/dev/sign-in", data={"form_token": token, "onward": "/submit?login=octocat"}
        )
        assert (door.status_code, door.headers["location"]) == (303, "/submit?login=octocat")
        form = await client.get(door.headers["location"])
        assert 'value="octocat"' in form.text
        sent = {"form_token": token_in(form), "login": "octocat", "repository": ["", "a/b"]}
        answer = await client.post("/submit", data=sent)
        run = await client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert run.status_code == 200
    assert "@octocat" in run.text
    async with transaction(workshop.sessions) as session:
        row = (await session.scalars(select(Run))).one()
        assert row.submitted == {"scrape_url": None, "repositories": ["a/b"]}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"login": ""}, "Type a GitHub login."),
        ({"login": "no login"}, "That is not a GitHub login"),
        ({"login": "x", "scrape_url": "ftp://x"}, "An address starts with http://"),
        ({"login": "x", "repository": ["nope"]}, "A repository is owner/name"),
        ({"login": "x", "repository": ["a/b"] * 5}, "A repository is owner/name"),
    ],
)
async def test_wrong_fields(
    developer: AsyncClient, workshop: Resources, fields: dict[str, str | list[str]], said: str
) -> None:
    """What is wrong is said beside the field, and nothing is started."""
    status, _, page = await submitted(developer, **fields)

    assert status == 422
    assert said in page
    assert 'aria-describedby="' in page
    assert await count_of(workshop, Run) == 0


async def test_the_cap(developer: AsyncClient) -> None:
    """Who looks after as many profiles as one may is told so; the same one may be dealt again."""
    first = await submitted(developer, login="one")
    again = await submitted(developer, login="ONE")
    second = await submitted(developer, login="two")

    assert first[0] == 303
    assert again[:2] == first[:2]
    assert second[0] == 403
    assert "1 is the most one person may" in second[2]


async def test_a_claimed_profile(developer: AsyncClient, workshop: Resources) -> None:
    """A profile its owner has claimed is not for others to deal."""
    async with transaction(workshop.sessions) as session:
        owner = await user_with_login(session, "owner")
        profile = await profile_for_login(session, "owner")
        session.add(Ownership(profile_id=profile.id, user_id=owner.id, role="owner"))
    status, _, page = await submitted(developer, login="owner")

    assert status == 403
    assert "belongs to somebody who signed in" in page


@pytest.mark.parametrize("path", ["/submit", "/session/end"])
@pytest.mark.parametrize("token", ["", "made-up"])
async def test_forged_forms(
    developer: AsyncClient, workshop: Resources, path: str, token: str
) -> None:
    """A form without our token changes nothing: no run starts, nobody is signed out."""
    answer = await developer.post(path, data={"form_token": token, "login": "octocat"})

    assert answer.status_code == 403
    assert "too old, or was not sent from here" in answer.text
    assert await count_of(workshop, Run) == 0
    assert "Sign out" in (await developer.get("/")).text


async def test_a_form_from_another_browser(developer: AsyncClient, workshop: Resources) -> None:
    """The token of one browser is good in no other, signed in or not."""
    async with browser_at(workshop) as stranger:
        token = token_in(await stranger.get("/submit"))
        before = await stranger.post("/submit", data={"form_token": token, "login": "octocat"})
    answer = await developer.post("/submit", data={"form_token": token, "login": "octocat"})

    assert before.status_code == 401
    assert answer.status_code == 403
    assert await count_of(workshop, Run) == 0


async def test_signing_out(developer: AsyncClient) -> None:
    """Signing out forgets the session; the form that did it is good once."""
    token = token_in(await developer.get("/"))
    answer = await developer.post("/session/end", data={"form_token": token})
    page = await developer.get("/submit")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Sign out" not in page.text
    assert "Sign in as the sample user" in page.text


async def test_somebody_who_left(developer: AsyncClient, workshop: Resources) -> None:
    """A session of a user who is gone is nobody's."""
    async with transaction(workshop.sessions) as session:
        await session.delete((await session.scalars(select(User))).one())

    assert "Sign in as the sample user" in (await developer.get("/submit")).text
