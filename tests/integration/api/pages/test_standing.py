"""`/submit/check`: what is known of a login while it is being typed."""

from httpx import AsyncClient
from sqlalchemy import select, update

from techub_api.accounts.actions import user_with_login
from techub_api.profiles.tables import Ownership, Profile
from techub_api.resources import Resources
from techub_common.database import transaction
from tests.integration.api.conftest import start_run
from tests.integration.api.pages.conftest import finished


async def news(browser: AsyncClient, login: str) -> str:
    """Return what is said of a login."""
    answer = await browser.get("/submit/check", params={"login": login})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return answer.text.strip()


async def owned_by(resources: Resources, login: str, owner: str) -> None:
    """Make a profile somebody's own."""
    async with transaction(resources.sessions) as session:
        profile_id = await session.scalar(select(Profile.id).where(Profile.login == login))
        user = await user_with_login(session, owner)
        await session.execute(
            update(Ownership)
            .where(Ownership.profile_id == profile_id)
            .values(user_id=user.id, role="owner")
        )


async def test_nothing_typed(browser: AsyncClient) -> None:
    """Of nothing, nothing is said."""
    assert await news(browser, "  ") == ""


async def test_no_login(browser: AsyncClient) -> None:
    """What no login looks like is said beside the field, as text."""
    said = await news(browser, "<b>")

    assert 'id="login-error"' in said
    assert "<b>" not in said


async def test_nobodys_card(browser: AsyncClient) -> None:
    """A login nobody dealt is free."""
    assert "Nobody has dealt" in await news(browser, "@Ada")


async def test_a_run_that_is_open(browser: AsyncClient, resources: Resources) -> None:
    """A run that goes on can be watched."""
    run_id = await start_run(resources, "pip")

    assert f'href="/runs/{run_id}"' in await news(browser, "PIP")


async def test_a_card_there_is(browser: AsyncClient, resources: Resources) -> None:
    """A card there is is shown, with its title."""
    await finished(resources)
    said = await news(browser, "pip")

    assert "Moonlit Stargazer" in said
    assert "/generated/pip/og-aaaaaaaaaaaa.png" in said


async def test_somebody_elses_card(browser: AsyncClient, resources: Resources) -> None:
    """A card with an owner is theirs, and a hidden one is not shown."""
    await finished(resources)
    await owned_by(resources, "pip", "somebody")
    claimed = await news(browser, "pip")
    async with transaction(resources.sessions) as session:
        await session.execute(update(Profile).values(listed=False))
    hidden = await news(browser, "pip")

    assert claimed == hidden
    assert "has an owner" in claimed
    assert "generated" not in hidden


async def test_ones_own_card(developer: AsyncClient, workshop: Resources) -> None:
    """Who owns a card may deal it again."""
    await finished(workshop)
    await owned_by(workshop, "pip", "sample-user")

    assert "or deal a new one" in await news(developer, "pip")
