"""What Resend tells us of our mails, and what links in mails lead to."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import select, text

from techub_api.accounts.actions import change_address, user_with_login, vouch_for_address
from techub_api.accounts.tables import User
from techub_api.resources import Resources
from techub_api.schema import OUTBOX
from techub_common.database import transaction
from techub_common.links import confirm_token, unsubscribe_token
from tests.integration.api.pages.conftest import browser_at, workshop  # noqa: F401  # a fixture

KEY = base64.b64encode(b"a key of twenty-four bytes").decode()
SECRET = f"whsec_{KEY}"
BOUNCED: dict[str, Any] = {
    "type": "email.bounced",
    "created_at": "2026-11-27T12:00:00.000Z",
    "data": {
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "to": ["ada@example.com"],
        "subject": "Your card",
        "tags": {"delivery": "7f0c2c9e-4d53-4d5b-9a43-6f2f1f0c7a11"},
        "bounce": {"type": "Permanent", "subType": "General", "message": "ada@example.com is gone"},
    },
}


@pytest.fixture
async def resend(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Give a client in front of an api that knows the signing secret."""
    settings = resources.settings.model_copy(update={"resend_webhook_secret": SecretStr(SECRET)})
    async with browser_at(replace(resources, settings=settings)) as client:
        yield client


async def post(
    client: AsyncClient, document: object, *, key: str = KEY, at: float = 0.0, **headers: str
) -> Response:
    """Post a webhook signed with the key, `at` seconds from now."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    moment = str(int(time.time() + at))
    signed = b".".join((b"msg_1", moment.encode(), body))
    signature = hmac.digest(base64.b64decode(key), signed, hashlib.sha256)
    known = {
        "svix-id": "msg_1",
        "svix-timestamp": moment,
        "svix-signature": f"v1,AAAA v1,{base64.b64encode(signature).decode()}",
        "accept": "application/json",
    }
    return await client.post("/resend/webhooks", content=body, headers=known | headers)


async def told(resources: Resources) -> list[dict[str, Any]]:
    """Return what the outbox holds of mails and addresses."""
    wanted = select(OUTBOX.c.body).where(OUTBOX.c.subject.in_(["mail.reported", "address.changed"]))
    async with transaction(resources.sessions) as session:
        return [json.loads(body)["data"] for body in await session.scalars(wanted)]


async def person(resources: Resources) -> User:
    """Return somebody with an address of their own."""
    async with transaction(resources.sessions) as session:
        user = await user_with_login(session, "ada")
        await vouch_for_address(session, user, "ada@example.com")
    return user


async def as_kept(resources: Resources, user: User) -> User:
    """Return the person as the database has them now."""
    async with transaction(resources.sessions) as session:
        return await session.get_one(User, user.id)


async def test_a_bounce_is_told_once(resend: AsyncClient, resources: Resources) -> None:
    """A signed webhook becomes one fact without an address, however often it is sent."""
    answers = [await post(resend, BOUNCED) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204] * 3
    [fact] = await told(resources)
    assert fact["reported"] == "bounced"
    assert fact["hard"] is True
    assert fact["delivery_id"] == BOUNCED["data"]["tags"]["delivery"]
    assert "example.com" not in json.dumps(fact)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": base64.b64encode(b"somebody else's").decode()}, "no signature fits"),
        ({"at": -330.0}, "five minutes"),
        ({"at": 330.0}, "five minutes"),
        ({"svix-signature": ""}, "must be there"),
        ({"svix-signature": "v1"}, "no signature fits"),
        ({"svix-timestamp": "soon"}, "counts no seconds"),
        ({"svix-timestamp": "9" * 5000}, "counts no seconds"),
        ({"svix-id": "msg_2"}, "no signature fits"),
    ],
)
async def test_who_does_not_know_the_secret(
    resend: AsyncClient, resources: Resources, changes: dict[str, Any], reason: str
) -> None:
    """Unsigned, wrongly signed and old webhooks are refused with the reason, and nothing kept."""
    answer = await post(resend, BOUNCED, **changes)

    assert answer.status_code == 401
    assert reason in answer.json()["detail"]
    assert await told(resources) == []


@pytest.mark.parametrize(
    "document",
    [
        b"{",
        [],
        {"type": 7},
        {"type": "email.bounced"},
        {"type": "email.bounced", "data": {"email_id": ""}},
        {"type": "email.bounced", "data": {"email_id": "x" * 300}},
    ],
)
async def test_what_cannot_be_read(
    resend: AsyncClient, resources: Resources, document: object
) -> None:
    """A malformed webhook is refused by name of what is wrong, and nothing is kept."""
    answer = await post(resend, document)

    assert answer.status_code == 422
    assert "cannot be read" in answer.json()["detail"]
    assert await told(resources) == []


async def test_what_says_nothing_is_let_pass(resend: AsyncClient, resources: Resources) -> None:
    """Opens, clicks and kinds nobody knows yet are answered and forgotten."""
    for kind in ("email.opened", "email.sent", "contact.created", "email.teleported"):
        assert (await post(resend, {"type": kind, "data": {}})).status_code == 204

    assert await told(resources) == []


async def test_no_secret_no_webhooks(resources: Resources) -> None:
    """Without the setting nothing is believed."""
    async with browser_at(resources) as client:
        assert (await post(client, BOUNCED)).status_code == 404


async def test_one_click_unsubscribes(resend: AsyncClient, resources: Resources) -> None:
    """Opening the link changes nothing; posting to it, by hand or by a mail program, does."""
    user = await person(resources)
    token = unsubscribe_token(resources.settings.secret_key.get_secret_value(), user.id)
    looked = await resend.get(f"/unsubscribe/{token}")
    before = (await as_kept(resources, user)).wants_mail
    posted = await resend.post(
        f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "null"}
    )
    again = await resend.get(f"/unsubscribe/{token}")

    assert (looked.status_code, posted.status_code) == (200, 200)
    assert "Send me no more mail" in looked.text
    assert before is True
    assert (await as_kept(resources, user)).wants_mail is False
    assert "No more mail" in again.text


@pytest.mark.parametrize("path", ["/unsubscribe/", "/settings/account/confirm/"])
async def test_forged_links_do_nothing(resend: AsyncClient, path: str) -> None:
    """A token we did not sign, or signed for something else, leads nowhere."""
    other = unsubscribe_token("another secret of 32 characters!", uuid4())
    for token in (other, "x", "%00"):
        assert (await resend.get(path + token)).status_code == 404
        assert (await resend.post(path + token)).status_code == 404


async def test_an_address_is_confirmed(resend: AsyncClient, resources: Resources) -> None:
    """A new address is told of without naming it, and is the person's once its link is used."""
    user = await person(resources)
    async with transaction(resources.sessions) as session:
        kept = await session.get_one(User, user.id)
        assert await change_address(session, resources.outbox, kept, "New@example.com ")
    [fact] = await told(resources)
    async with transaction(resources.sessions) as session:
        wanted = text("SELECT address FROM api.unconfirmed_addresses")
        [address] = await session.scalars(wanted)
    secret = resources.settings.secret_key.get_secret_value()
    old = confirm_token(secret, user.id, "ada@example.com")
    new = confirm_token(secret, user.id, address)

    assert fact["user_id"] == str(user.id)
    assert "example.com" not in json.dumps(fact)
    assert (await resend.post(f"/settings/account/confirm/{old}")).status_code == 404
    assert (await resend.get(f"/settings/account/confirm/{new}")).status_code == 200
    assert (await as_kept(resources, user)).email_verified_at is None
    assert (await resend.post(f"/settings/account/confirm/{new}")).status_code == 200
    assert (await as_kept(resources, user)).email_verified_at is not None
    async with transaction(resources.sessions) as session:
        kept = await session.get_one(User, user.id)
        assert not await change_address(session, resources.outbox, kept, "new@example.com")


async def test_the_mailbox_is_for_developers(
    workshop: Resources,  # noqa: F811
    resources: Resources,
) -> None:
    """Where developers work, the mailbox is one address away; elsewhere there is none."""
    async with browser_at(workshop) as client:
        answer = await client.get("/dev/mailbox")
    async with browser_at(resources) as client:
        nothing = await client.get("/dev/mailbox")

    assert answer.headers["location"].endswith("/mailbox")
    assert nothing.status_code == 404
