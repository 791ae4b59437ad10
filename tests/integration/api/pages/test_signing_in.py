"""Signing in with GitHub: the double says who, a session here remembers it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from httpx import AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import func, select, update

from techub_api.accounts.access import allow, set_invite
from techub_api.accounts.actions import user_with_login
from techub_api.accounts.sessions import COOKIE
from techub_api.accounts.tables import AllowedLogin, Invite, Session, SignIn, User
from techub_api.resources import Resources
from techub_api.settings import AccessPolicy
from techub_common.database import transaction
from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from tests.integration.api.pages.conftest import browser_at, token_in

SESSION = f"__Host-{COOKIE}"


@pytest.fixture
def known_to_github(resources: Resources, github_double: Double) -> Resources:
    """Give a production that is an application at GitHub."""
    return with_settings(
        resources,
        github_web_url=github_double.url,
        github_api_url=github_double.url,
        github_client_id="techub",
        github_client_secret=SecretStr("only between the two of us"),
    )


@pytest.fixture
async def client(known_to_github: Resources) -> AsyncIterator[AsyncClient]:
    """Give a browser in front of it."""
    async with browser_at(known_to_github) as browser:
        yield browser


def with_settings(resources: Resources, **changes: object) -> Resources:
    """Return the resources under other settings."""
    return replace(resources, settings=resources.settings.model_copy(update=changes))


async def at_github(address: str, login: str = samples.DEFAULT, **more: str) -> str:
    """Say yes at GitHub as this person and return where GitHub sends the browser."""
    async with httpx.AsyncClient(trust_env=False) as person:
        answer = await person.get(httpx.URL(address).copy_merge_params({"login": login, **more}))
    place: str = answer.headers["location"]
    return place


async def begun(client: AsyncClient, **query: str) -> str:
    """Begin a sign-in and return the address at GitHub."""
    answer = await client.get("/auth/github", params=query)
    assert answer.status_code == 303, answer.text
    place: str = answer.headers["location"]
    return place


async def signed_in(client: AsyncClient, login: str = samples.DEFAULT, **query: str) -> Response:
    """Go all the way and return the last answer."""
    return await client.get(await at_github(await begun(client, **query), login))


async def rows(resources: Resources, table: type[Any]) -> list[Any]:
    """Return every row."""
    async with transaction(resources.sessions) as session:
        return list(await session.scalars(select(table)))


async def test_all_the_way(client: AsyncClient, known_to_github: Resources) -> None:
    """Who says yes at GitHub is signed in, goes on to their page, and is known by GitHub's id."""
    answer = await signed_in(client, onward="/submit?login=pip")
    page = await client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/submit?login=pip")
    assert f"@{samples.DEFAULT}" in page.text
    [user] = await rows(known_to_github, User)
    assert (user.login, user.github_id is not None) == (samples.DEFAULT, True)
    assert await rows(known_to_github, SignIn) == []


async def test_what_github_is_asked(client: AsyncClient, github_double: Double) -> None:
    """The least scope, a challenge, our address; the token is used for one question."""
    address = httpx.URL(await begun(client))
    await client.get(await at_github(str(address)))

    asked = dict(address.params)
    assert asked["scope"] == "read:user"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"] == "https://techub.test/auth/github/callback"
    assert sum(github_double.requests(path_contains="/user").values()) == 1


async def test_a_way_back_is_good_once(client: AsyncClient) -> None:
    """The address GitHub sends the browser to signs nobody in a second time."""
    back = await at_github(await begun(client))
    first = await client.get(back)
    client.cookies.delete(SESSION)
    again = await client.get(back)

    assert first.status_code == 303
    assert again.status_code == 400
    assert "not begun in this browser" in again.text
    assert SESSION not in again.cookies


async def test_a_way_back_of_another_browser(
    client: AsyncClient, known_to_github: Resources
) -> None:
    """Nobody can be signed in as somebody else by a link (login CSRF)."""
    back = await at_github(await begun(client))
    async with browser_at(known_to_github) as victim:
        await begun(victim)
        answer = await victim.get(back)

    assert answer.status_code == 400
    assert await rows(known_to_github, Session) == []


@pytest.mark.parametrize("state", ["", "made-up", "%00"])
async def test_a_made_up_state(client: AsyncClient, state: str) -> None:
    """A state we never gave out is refused with a page."""
    await begun(client)
    answer = await client.get(f"/auth/github/callback?code=x&state={state}")

    assert answer.status_code == 400
    assert "Sign in with GitHub" in answer.text


async def test_too_late(client: AsyncClient, known_to_github: Resources) -> None:
    """After ten minutes the sign-in is begun anew."""
    back = await at_github(await begun(client))
    async with transaction(known_to_github.sessions) as session:
        await session.execute(update(SignIn).values(expires_at=func.now()))
    answer = await client.get(back)

    assert answer.status_code == 400


async def test_saying_no(client: AsyncClient) -> None:
    """Who says no at GitHub is nobody, and reads a sentence."""
    answer = await client.get(await at_github(await begun(client), deny="1"))

    assert answer.status_code == 400
    assert "you would rather not" in answer.text


async def test_a_code_github_does_not_know(client: AsyncClient) -> None:
    """A code that is not GitHub's signs nobody in."""
    back = httpx.URL(await at_github(await begun(client))).copy_set_param("code", "0" * 20)
    answer = await client.get(str(back))

    assert answer.status_code == 400
    assert "GitHub did not take the sign-in" in answer.text


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/user"])
async def test_github_is_away(client: AsyncClient, github_double: Double, path: str) -> None:
    """When GitHub does not answer as it should, the person may try again."""
    back = await at_github(await begun(client))
    github_double.fail(500, path_contains=path)
    answer = await client.get(back)

    assert answer.status_code == 502
    assert "Try again in a moment" in answer.text
    assert SESSION not in answer.cookies


@pytest.mark.parametrize(
    "onward", ["//evil.test", "https://evil.test/", "/\\evil.test", "javascript:x", "x", "/\r\nx"]
)
async def test_only_our_own_pages(client: AsyncClient, onward: str) -> None:
    """Nobody is sent anywhere else after signing in."""
    answer = await signed_in(client, onward=onward)

    assert answer.headers["location"] == "/"


async def test_a_session_is_new(client: AsyncClient, known_to_github: Resources) -> None:
    """Signing in gives the browser another session, and the one it had is over (fixation)."""
    await signed_in(client)
    before = client.cookies[SESSION]
    await signed_in(client, samples.TINY)

    assert client.cookies[SESSION] != before
    assert len(await rows(known_to_github, Session)) == 1
    async with browser_at(known_to_github) as thief:
        thief.cookies.set(SESSION, before, domain="techub.test")
        assert "Sign out" not in (await thief.get("/")).text


async def test_after_signing_out(client: AsyncClient, known_to_github: Resources) -> None:
    """A copied cookie is worth nothing once its owner has signed out."""
    await signed_in(client)
    copied = client.cookies[SESSION]
    await client.post("/session/end", data={"form_token": token_in(await client.get("/"))})
    async with browser_at(known_to_github) as thief:
        thief.cookies.set(SESSION, copied, domain="techub.test")
        page = await thief.get("/")

    assert "Sign out" not in page.text
    assert await rows(known_to_github, Session) == []


async def test_an_expired_session(client: AsyncClient, known_to_github: Resources) -> None:
    """A session ends after 30 days whatever the browser keeps."""
    await signed_in(client)
    async with transaction(known_to_github.sessions) as session:
        [row] = await session.scalars(select(Session))
        assert timedelta(days=29) < row.expires_at - row.created_at <= timedelta(days=30)
        row.expires_at = row.created_at

    assert "Sign out" not in (await client.get("/")).text


async def test_a_renamed_account(client: AsyncClient, known_to_github: Resources) -> None:
    """Who changed their login is the same user under the new one."""
    await signed_in(client)
    async with transaction(known_to_github.sessions) as session:
        await session.execute(update(User).values(login="a-former-login"))
    await signed_in(client)

    assert [user.login for user in await rows(known_to_github, User)] == [samples.DEFAULT]


async def test_a_recycled_login(client: AsyncClient, known_to_github: Resources) -> None:
    """Somebody who has a login now does not become the user who had it before."""
    async with transaction(known_to_github.sessions) as session:
        session.add(User(login=samples.DEFAULT.upper(), github_id=1))
    await signed_in(client)

    users = {user.github_id: user.login for user in await rows(known_to_github, User)}
    assert len(users) == 2
    assert users.pop(1).startswith(f"{samples.DEFAULT.upper()}~")
    assert list(users.values()) == [samples.DEFAULT]


async def test_a_user_an_operator_made(client: AsyncClient, known_to_github: Resources) -> None:
    """A user made for a login on the command line becomes that person's when they come."""
    async with transaction(known_to_github.sessions) as session:
        made = await user_with_login(session, samples.DEFAULT)
    await signed_in(client)

    [user] = await rows(known_to_github, User)
    assert (user.id, user.github_id is not None) == (made.id, True)


async def test_the_list(known_to_github: Resources) -> None:
    """While access is by list, others read why they are not let in; a user stays one."""
    listed = with_settings(known_to_github, access_policy=AccessPolicy.list)
    async with browser_at(listed) as client:
        refused = await signed_in(client)
        async with transaction(listed.sessions) as session:
            await allow(session, samples.DEFAULT.upper())
        admitted = await signed_in(client)
        async with transaction(listed.sessions) as session:
            await session.delete((await session.scalars(select(AllowedLogin))).one())
        again = await signed_in(client)

    assert refused.status_code == 403
    assert f"@{samples.DEFAULT} is not on the list" in refused.text
    assert (admitted.status_code, again.status_code) == (303, 303)


@pytest.mark.parametrize(
    ("invite", "sentence"),
    [
        ("", "is not on the list"),
        ("no-such-code", "We do not know this invite"),
        ("full", "Everybody this invite was for is in already"),
    ],
)
async def test_no_seat(known_to_github: Resources, invite: str, sentence: str) -> None:
    """Without a seat nobody new comes in, and no user is made."""
    closed = with_settings(known_to_github, access_policy=AccessPolicy.invite)
    async with transaction(closed.sessions) as session:
        await set_invite(session, "full", 0)
    async with browser_at(closed) as client:
        answer = await signed_in(client, invite=invite)

    assert answer.status_code == 403
    assert sentence in answer.text
    assert 'name="invite"' in answer.text
    assert await rows(closed, User) == []


async def test_the_last_seat(known_to_github: Resources) -> None:
    """Of two people who ask for the last seat at once, one gets it."""
    closed = with_settings(known_to_github, access_policy=AccessPolicy.invite)
    async with transaction(closed.sessions) as session:
        await set_invite(session, "Early-Bird", 1)
    people = (samples.DEFAULT, samples.TINY)
    async with browser_at(closed) as one, browser_at(closed) as other:
        backs = [
            await at_github(await begun(browser, invite=" EARLY-bird "), login)
            for browser, login in zip((one, other), people, strict=True)
        ]
        answers = await asyncio.gather(one.get(backs[0]), other.get(backs[1]))

    assert sorted(answer.status_code for answer in answers) == [303, 403]
    [invite] = await rows(closed, Invite)
    assert (invite.seats, invite.taken) == (1, 1)
    assert len(await rows(closed, User)) == 1


async def test_pages_for_members(client: AsyncClient) -> None:
    """Who is not signed in is asked to, and comes back to where they were going."""
    answer = await client.get("/settings/account")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?onward=%2Fsettings%2Faccount"
    form = await client.get(answer.headers["location"])
    assert 'value="/settings/account"' in form.text
    assert "form-action 'self' http://127.0.0.1" in form.headers["content-security-policy"]
