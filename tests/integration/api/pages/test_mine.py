"""`/my/profiles`: whose card it is decides who may do what with it."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from techub_api.accounts.actions import user_with_login
from techub_api.accounts.tables import User
from techub_api.policy.switching import Changes, switch
from techub_api.profiles.tables import Ownership, Profile
from techub_api.resources import Resources
from techub_common.database import transaction
from tests.integration.api.pages.conftest import browser_at, finished, token_in

HERE = "/my/profiles"
ME = "sample-user"


async def sent(client: AsyncClient, path: str) -> int:
    """Send one of the page's forms and return the status."""
    token = token_in(await client.get(HERE))
    return (await client.post(f"{HERE}{path}", data={"form_token": token})).status_code


async def make_mine(resources: Resources) -> None:
    """Make the account behind `pip` the sample user's own."""
    async with transaction(resources.sessions) as session:
        github_id = await session.scalar(select(Profile.github_id).where(Profile.login == "pip"))
        await session.execute(update(User).where(User.login == ME).values(github_id=github_id))


async def keepers(resources: Resources) -> dict[str, str]:
    """Return login → role of everybody who looks after `pip`."""
    async with transaction(resources.sessions) as session:
        rows = await session.execute(
            select(User.login, Ownership.role)
            .join(Ownership, Ownership.user_id == User.id)
            .join(Profile, Profile.id == Ownership.profile_id)
            .where(Profile.login == "pip")
        )
        return {row[0]: row[1] for row in rows}


@pytest.fixture
async def pip(workshop: Resources) -> UUID:
    """Give the run of a finished card that ada looks after."""
    return await finished(workshop)


async def test_nothing_yet(developer: AsyncClient) -> None:
    """Who has no card is offered to deal one."""
    page = (await developer.get(HERE)).text

    assert "You have not dealt a card yet." in page
    assert 'value="sample-user"' in page


@pytest.mark.usefixtures("pip")
async def test_claiming(developer: AsyncClient, workshop: Resources) -> None:
    """The account's owner takes over from whoever looked after it, and only they can."""
    before = (await developer.get(HERE)).text
    not_mine = await sent(developer, "/claim")
    await make_mine(workshop)
    offered = (await developer.get(HERE)).text
    status = await sent(developer, "/claim")

    assert "It is mine" not in before
    assert not_mine == 404
    assert "It is mine" in offered
    assert status == 303
    assert await keepers(workshop) == {ME: "owner"}
    assert "@pip" in (await developer.get(HERE)).text


@pytest.mark.usefixtures("pip")
async def test_hiding(developer: AsyncClient, workshop: Resources) -> None:
    """A hidden card is there for its owner alone, until it is shown again."""
    await make_mine(workshop)
    await sent(developer, "/claim")
    status = await sent(developer, "/pip/hide")
    api = "/api/v1/profiles/pip"
    places = ["/profiles/pip", api, f"{api}/assets", "/profiles/pip/status"]
    async with browser_at(workshop) as stranger:
        hidden = [(await stranger.get(place)).status_code for place in places]
        preview = (await stranger.get("/pip.png")).headers["etag"]
        found = (await stranger.get("/directory")).text
    mine = await developer.get("/profiles/pip")
    again = await sent(developer, "/pip/list")
    async with browser_at(workshop) as stranger:
        shown = [(await stranger.get(place)).status_code for place in places]

    assert (status, again) == (303, 303)
    assert hidden == [404] * 4
    assert preview.startswith('"no-card-nobody-jpg-')
    assert "/profiles/pip" not in found
    assert mine.status_code == 200
    assert shown == [200] * 4


@pytest.mark.usefixtures("pip")
@pytest.mark.parametrize("path", ["/pip/hide", "/pip/list", "/nobody/hide"])
async def test_not_the_owner(developer: AsyncClient, workshop: Resources, path: str) -> None:
    """Nobody else hides or shows a card, a steward neither."""
    async with transaction(workshop.sessions) as session:
        user = await user_with_login(session, ME)
        profile_id = await session.scalar(select(Profile.id).where(Profile.login == "pip"))
        assert profile_id is not None
        session.add(Ownership(profile_id=profile_id, user_id=user.id, role="steward"))

    assert await sent(developer, path) == 403
    assert (await developer.get("/profiles/pip")).status_code == 200


@pytest.mark.usefixtures("pip")
async def test_letting_go(developer: AsyncClient, workshop: Resources) -> None:
    """A steward lets go of a card; an owner stays its owner."""
    await make_mine(workshop)
    await sent(developer, "/claim")
    owner = await sent(developer, "/pip/let-go")
    after_owner = await keepers(workshop)
    async with transaction(workshop.sessions) as session:
        await session.execute(update(Ownership).values(role="steward"))
    await sent(developer, "/pip/let-go")

    assert owner == 303
    assert after_owner == {ME: "owner"}
    assert await keepers(workshop) == {}


@pytest.mark.parametrize("path", ["/claim", "/pip/hide", "/pip/list", "/pip/let-go"])
async def test_forged_forms(developer: AsyncClient, path: str) -> None:
    """A form that is not ours changes nothing."""
    answer = await developer.post(f"{HERE}{path}", data={"form_token": "made-up"})

    assert answer.status_code == 403


async def test_new_pictures(developer: AsyncClient, workshop: Resources) -> None:
    """Who looks after a card has every picture taken again, and sees how that goes."""
    await finished(workshop)
    await make_mine(workshop)
    await sent(developer, "/claim")
    token = token_in(await developer.get(HERE))
    answer = await developer.post(f"{HERE}/pip/capture", data={"form_token": token})
    page = (await developer.get(HERE)).text

    assert answer.status_code == 303
    run_id = answer.headers["location"].removeprefix("/runs/")
    assert f'data-events="/api/v1/runs/{run_id}/events"' in page
    assert "being dealt" in page


async def test_no_new_pictures_for_strangers(developer: AsyncClient, workshop: Resources) -> None:
    """Nobody else has a card's pictures taken again."""
    await finished(workshop)

    assert await sent(developer, "/pip/capture") == 403


@pytest.mark.usefixtures("pip")
async def test_artwork(developer: AsyncClient, workshop: Resources) -> None:
    """Owners may have artwork drawn where that is switched on, and may think better of it."""
    await make_mine(workshop)
    nothing = (await developer.get(HERE)).text
    refused = await sent(developer, "/pip/artwork")
    await sent(developer, "/claim")
    async with transaction(workshop.sessions) as session:
        await switch(session, "ada", Changes(artwork=True))
    offered = (await developer.get(HERE)).text
    asked = await sent(developer, "/pip/artwork")
    told = (await developer.get(HERE)).text
    await sent(developer, "/pip/no-artwork")

    assert "Have artwork drawn" not in nothing
    assert refused == 403
    assert "Have artwork drawn" in offered
    assert asked == 303
    assert "Artwork is drawn with the next deal, once a week." in told
    assert "No artwork" in told
    assert "Have artwork drawn" in (await developer.get(HERE)).text
