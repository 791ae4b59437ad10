"""The double of Resend over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from techub_devstack.doubles.handle import MailDouble

MAIL = {
    "from": "TecHub <notifications@example.com>",
    "to": ["owner@example.com"],
    "subject": "Your card <b>is</b> ready",
    "html": "<script>alert(1)</script><p>Look</p>",
    "text": "Look",
}
KEY = {"authorization": "Bearer re_test"}


def send(double: MailDouble, mail: Any, headers: dict[str, str] = KEY) -> httpx.Response:
    """Send a mail, or what is not one."""
    return double.send("POST", "/emails", json=mail, headers=headers)


def test_a_mail_can_be_read(resend_double: MailDouble) -> None:
    """By its id, in the mailbox, and on its page; what is in it stays text there."""
    mail_id = send(resend_double, MAIL).json()["id"]

    told = resend_double.ask("GET", f"/emails/{mail_id}", headers=KEY).json()
    assert (told["object"], told["to"], told["last_event"]) == ("email", MAIL["to"], "delivered")
    listed = resend_double.ask("GET", "/mailbox").text
    assert "Your card &lt;b&gt;is&lt;/b&gt; ready" in listed
    assert "owner@example.com" in listed
    page = resend_double.ask("GET", f"/mailbox/{mail_id}").text
    assert "<script>" not in page
    assert "<iframe sandbox " in page


def test_one_key_one_mail(resend_double: MailDouble) -> None:
    """The same payload gets the same id; another one is refused in Resend's words."""
    headers = {**KEY, "idempotency-key": "run-1"}

    first, again = send(resend_double, MAIL, headers), send(resend_double, MAIL, headers)
    other = send(resend_double, {**MAIL, "subject": "Other"}, headers)

    assert first.json() == again.json()
    assert other.json() == {
        "statusCode": 409,
        "message": "Same idempotency key used with a different request payload.",
        "name": "invalid_idempotent_request",
    }
    assert len(resend_double.mails()) == 1


async def test_at_the_same_time(resend_double: MailDouble) -> None:
    """While the first request is under way, a second one with its key is refused."""
    resend_double.fail(delay_seconds=0.3, times=1)
    headers = {**KEY, "idempotency-key": "run-2"}

    async with httpx.AsyncClient(base_url=resend_double.url, trust_env=False) as client:
        both = await asyncio.gather(
            *(client.post("/emails", json=MAIL, headers=headers) for _ in range(2))
        )

    told = sorted((answer.status_code, answer.json().get("name", "")) for answer in both)
    assert told == [(200, ""), (409, "concurrent_idempotent_requests")]


@pytest.mark.parametrize(
    ("change", "headers", "status", "name", "message"),
    [
        ({}, {}, 401, "missing_api_key", "Missing API key in the authorization header."),
        ({}, {"authorization": "Bearer x"}, 403, "invalid_api_key", "API key is invalid."),
        ({"to": None}, KEY, 422, "missing_required_field", "Missing `to` field."),
        ({"to": "not-an-address"}, KEY, 422, "validation_error", "Invalid `to` field."),
        ({"html": "", "text": ""}, KEY, 422, "missing_required_field", "Missing `html` or `text`"),
        ({}, {**KEY, "idempotency-key": "k" * 257}, 400, "invalid_idempotency_key", "The key must"),
    ],
)
def test_refused(
    resend_double: MailDouble,
    change: dict[str, Any],
    headers: dict[str, str],
    status: int,
    name: str,
    message: str,
) -> None:
    """Errors have the shape and the words of the recorded ones, and no mail is kept."""
    refused = send(resend_double, {**MAIL, **change}, headers)

    assert (refused.status_code, refused.json()["statusCode"]) == (status, status)
    assert refused.json()["name"] == name
    assert refused.json()["message"].startswith(message)
    assert resend_double.mails() == []
