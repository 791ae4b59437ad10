"""What each answer of Resend means, told through the SDK as it reads the wire."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import resend

from techub_common.errors import Permanent, Transient
from techub_notifier import resend_mail
from techub_notifier.resend_mail import KeptOpen, Resend

MAIL = {"from": "a@example.com", "to": ["b@example.com"], "subject": "s", "text": "t"}

Answer = Callable[[httpx.Request], Any]
Door = Callable[[Answer], Resend]


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """Give a function that opens Resend before a wire that answers as told."""
    clients: list[httpx.AsyncClient] = []

    def opened(answer: Answer) -> Resend:
        clients.append(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        monkeypatch.setattr(resend, "default_async_http_client", KeptOpen(clients[-1]))
        monkeypatch.setattr(resend, "api_key", "re_test")
        monkeypatch.setattr(resend, "api_url", "http://resend.invalid")
        return Resend()

    yield opened
    for client in clients:
        await client.aclose()


def answering(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    """Return a wire that gives one answer."""
    return lambda _: httpx.Response(status, json=body, headers=headers)


def refusing(status: int, name: str, message: str = "No.") -> Answer:
    """Return a wire that refuses in Resend's shape."""
    return answering(status, {"statusCode": status, "message": message, "name": name})


async def error_of(opened: Resend) -> Transient | Permanent:
    """Return what sending raises."""
    with pytest.raises((Transient, Permanent)) as raised:
        await opened.send(MAIL, uuid4())
    error = raised.value
    assert isinstance(error, Transient | Permanent)
    return error


async def test_sent_with_the_key(door: Door) -> None:
    """The mail goes out as it is, under the row's id, and Resend's id comes back."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": "2c683698"})

    key = UUID(int=7)

    assert await door(answer).send(MAIL, key) == "2c683698"
    assert str(key) == seen[0].headers["idempotency-key"]
    assert seen[0].headers["authorization"] == "Bearer re_test"
    assert json.loads(seen[0].content) == MAIL


INVALID_TO = "Invalid `to` field. The email address needs to follow the `email@example.com` format."
INVALID_FROM = INVALID_TO.replace("`to`", "`from`")


@pytest.mark.parametrize(
    ("status", "name", "message", "kind", "code"),
    [
        (422, "validation_error", INVALID_TO, Permanent, "address_refused"),
        (422, "validation_error", INVALID_FROM, Permanent, "mail_refused"),
        (422, "missing_required_field", "Missing `subject` field.", Permanent, "mail_refused"),
        (400, "validation_error", INVALID_TO, Permanent, "address_refused"),
        (400, "invalid_idempotency_key", "1-256 chars", Permanent, "mail_refused"),
        (409, "invalid_idempotent_request", "other payload", Permanent, "payload_conflict"),
        (409, "concurrent_idempotent_requests", "in progress", Transient, "resend_busy"),
        (409, "resource_locked", "locked", Transient, "resend_busy"),
        (401, "missing_api_key", "no key", Transient, "resend_unauthorized"),
        (401, "restricted_api_key", "restricted", Transient, "resend_unauthorized"),
        (403, "invalid_api_key", "wrong key", Transient, "resend_unauthorized"),
        (403, "validation_error", "domain not verified", Transient, "resend_unauthorized"),
        (404, "not_found", "no such endpoint", Transient, "resend_failed"),
        (429, "rate_limit_exceeded", "slow down", Transient, "resend_limited"),
        (429, "daily_quota_exceeded", "quota", Transient, "resend_limited"),
        (500, "application_error", "oops", Transient, "resend_failed"),
        (503, "service_unavailable", "away", Transient, "resend_failed"),
        (451, "security_error", "no", Permanent, "mail_refused"),
    ],
)
async def test_refusals(
    door: Door, status: int, name: str, message: str, kind: type, code: str
) -> None:
    """Each refusal says whether another try can help, and whose mistake it was."""
    error = await error_of(door(refusing(status, name, message)))

    assert kind is type(error)
    assert code == error.code


@pytest.mark.parametrize("headers", [{"retry-after": "7"}, {"Retry-After": "7"}])
async def test_retry_after(door: Door, headers: dict[str, str]) -> None:
    """The seconds Resend asks for come along."""
    body = {"statusCode": 429, "name": "rate_limit_exceeded", "message": "slow down"}
    error = await error_of(door(answering(429, body, headers)))

    assert isinstance(error, Transient)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: httpx.Response(502, text="<html>Bad gateway</html>"),
        lambda _: httpx.Response(200, text="<html>hello</html>"),
        lambda _: httpx.Response(200, content=b"{", headers={"content-type": "application/json"}),
        lambda _: httpx.Response(200, json=None),
        lambda _: httpx.Response(200, json={}),
        lambda _: httpx.Response(200, json={"id": 5}),
        lambda _: httpx.Response(503, content=b""),
    ],
    ids=["html-502", "html-200", "half", "null", "empty", "number", "blank-503"],
)
async def test_unreadable_answers_may_pass(door: Door, answer: Answer) -> None:
    """An answer nobody can read leaves the outcome unknown: the same key is tried again."""
    assert isinstance(await error_of(door(answer)), Transient)


async def test_a_lost_connection_may_pass(door: Door) -> None:
    """A connection that breaks leaves the outcome unknown."""

    def broken(request: httpx.Request) -> httpx.Response:
        message = "connection reset"
        raise httpx.ReadError(message, request=request)

    assert isinstance(await error_of(door(broken)), Transient)


async def test_silence_may_pass(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not answer in time is asked again later."""

    async def silent(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(resend_mail, "SEND_SECONDS", 0.01)
    error = await error_of(door(silent))

    assert error.code == "resend_timed_out"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("403_testing_emails_only.json", "resend_unauthorized"),
        ("404_contact_not_found.json", "resend_failed"),
        ("422_missing_email_field.json", "mail_refused"),
        ("documented/401_missing_api_key.json", "resend_unauthorized"),
        ("documented/403_invalid_api_key.json", "resend_unauthorized"),
        ("documented/409_concurrent_idempotent_requests.json", "resend_busy"),
        ("documented/409_invalid_idempotent_request.json", "payload_conflict"),
        ("documented/429_daily_quota_exceeded.json", "resend_limited"),
        ("documented/429_rate_limit_exceeded.json", "resend_limited"),
    ],
)
async def test_recorded_refusals(door: Door, recorded: Path, file: str, code: str) -> None:
    """What Resend really answered is read as meant."""
    answer = json.loads((recorded / "resend" / file).read_text("utf-8"))
    error = await error_of(door(answering(answer["status"], answer["body"])))

    assert code == error.code


async def test_recorded_success(door: Door, recorded: Path) -> None:
    """The recorded answer to a mail that was sent gives its id."""
    answer = json.loads((recorded / "resend" / "200_email_sent.json").read_text("utf-8"))

    assert answer["body"]["id"] == await door(answering(200, answer["body"])).send(MAIL, uuid4())
