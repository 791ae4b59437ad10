"""`/settings/account`: tokens one can read once, and sessions one can end."""

import re

import pytest
from httpx import AsyncClient

from techub_api.accounts.actions import create_token, tokens_of, user_of_token, user_with_login
from techub_api.resources import Resources
from techub_common.database import transaction
from tests.integration.api.pages.conftest import browser_at, token_in

HERE = "/settings/account"


async def sent(client: AsyncClient, path: str, **fields: str) -> tuple[int, str]:
    """Send one of the page's forms and return status and page."""
    token = token_in(await client.get(HERE))
    answer = await client.post(f"{HERE}{path}", data={"form_token": token, **fields})
    return answer.status_code, answer.text


async def owner_of(resources: Resources, token: str) -> str | None:
    """Return whose token it is."""
    async with transaction(resources.sessions) as session:
        user = await user_of_token(session, token)
    return user.login if user else None


async def test_a_token_from_its_beginning_to_its_end(
    developer: AsyncClient, workshop: Resources
) -> None:
    """It is shown once, works, is listed by its name, and is worth nothing once revoked."""
    status, page = await sent(developer, "/tokens", name="the <nightly> script")
    token = re.findall(r"techub_[\w-]{43}", page)[0]
    listed = (await developer.get(HERE)).text
    works = await owner_of(workshop, token)
    [path] = re.findall(r'action="/settings/account(/tokens/[\w-]+/revoke)"', listed)
    revoked, _ = await sent(developer, path)

    assert (status, works, revoked) == (201, "sample-user", 303)
    assert "the &lt;nightly&gt; script" in listed
    assert token not in listed
    assert await owner_of(workshop, token) is None
    assert "&lt;nightly" not in (await developer.get(HERE)).text


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
async def test_a_name_that_is_none(developer: AsyncClient, name: str) -> None:
    """A token without a sensible name is not made."""
    status, page = await sent(developer, "/tokens", name=name)

    assert status == 422
    assert "A token needs a name" in page
    assert "techub_…" in page
    assert re.search(r"techub_[\w-]{43}", page) is None


async def test_enough_is_enough(developer: AsyncClient, workshop: Resources) -> None:
    """Nobody has more than twenty."""
    async with transaction(workshop.sessions) as session:
        user = await user_with_login(session, "sample-user")
        for number in range(20):
            await create_token(session, user, f"token {number}")
    status, page = await sent(developer, "/tokens", name="one more")

    assert status == 422
    assert "20 tokens are enough" in page


async def test_somebody_elses_token(developer: AsyncClient, workshop: Resources) -> None:
    """Only one's own tokens can be revoked."""
    async with transaction(workshop.sessions) as session:
        other = await user_with_login(session, "ada")
        token = await create_token(session, other, "hers")
        [made] = await tokens_of(session, other.id)
    status, _ = await sent(developer, f"/tokens/{made.id}/revoke")

    assert status == 303
    assert await owner_of(workshop, token) == "ada"


async def test_signing_out_elsewhere(developer: AsyncClient, workshop: Resources) -> None:
    """Every other browser is signed out, this one is not."""
    async with browser_at(workshop) as other:
        form = token_in(await other.get("/submit"))
        agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}
        await other.post("/dev/sign-in", data={"form_token": form}, headers=agent)
        seen = (await developer.get(HERE)).text
        status, _ = await sent(developer, "/sessions/end")
        gone = await other.get(HERE)

    assert "Firefox on Linux" in seen
    assert status == 303
    assert gone.headers["location"].startswith("/sign-in")
    assert "Sign out everywhere else" not in (await developer.get(HERE)).text


@pytest.mark.parametrize("path", ["/tokens", "/sessions/end"])
async def test_forged_forms(developer: AsyncClient, path: str) -> None:
    """A form that is not ours changes nothing."""
    answer = await developer.post(f"{HERE}{path}", data={"form_token": "made-up", "name": "x"})

    assert answer.status_code == 403
    assert "chip success" in (await developer.get(HERE)).text
