"""The notifier with Resend or its database broken in turn says exactly that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from nats.js import JetStreamContext

from techub_common.doctor.answering import answering_doctor
from techub_common.runtime import OpenService, Service
from techub_common.streams import EVENTS
from techub_devstack.doubles.handle import MailDouble
from techub_notifier.doctor import LATER, NEW_KEY, NO_ALERTS, NO_KEY, VERIFY, checks
from techub_notifier.resources import open_resources
from techub_notifier.settings import Settings
from tests.integration.notifier.conftest import Stage, admin_url, sessions, stage, template

from .conftest import Ask, answering, bad

__all__ = ("admin_url", "sessions", "stage", "template")


def opener(settings: Settings) -> OpenService:
    """Return what opens a notifier that hears nothing and sends nothing."""

    @asynccontextmanager
    async def open_service(service: Service) -> AsyncIterator[None]:
        async with (
            open_resources(service, settings) as resources,
            answering_doctor(service, checks(service, settings, resources)),
        ):
            yield

    return open_service


@pytest.fixture
async def asked(js: JetStreamContext, stage: Stage, ask: Ask) -> AsyncIterator[Ask]:
    """Give the question to a notifier that is open."""
    await js.stream_info(EVENTS)
    async with answering(stage.settings, opener(stage.settings)):
        yield ask


async def test_all_is_well(asked: Ask, resend_double: MailDouble) -> None:
    """Resend is asked for our domains, and nothing is sent."""
    found = await asked("notifier")

    assert bad(found) == {}
    assert found["resend"].seen == "Resend accepts the key; the domain techub.life is verified"
    assert found["alerts"].seen == "2 addresses hear of alerts"
    assert resend_double.requests() == {"GET /domains": 1}
    assert resend_double.mails() == []


@pytest.mark.parametrize(
    ("status", "name"),
    [(403, "invalid_api_key"), (400, "validation_error"), (401, "validation_error")],
)
async def test_resend_refuses_the_key(
    asked: Ask, resend_double: MailDouble, status: int, name: str
) -> None:
    """In whichever of its ways Resend says so, it is the key that has to be replaced."""
    words = "API key is invalid."
    body = {"statusCode": status, "message": words, "name": name}
    resend_double.fail(status, path_contains="/domains", body=body)
    found = await asked("notifier")

    assert list(bad(found)) == ["resend"]
    assert found["resend"].seen == f"Resend does not accept the key: {status} {words}"
    assert found["resend"].todo == NEW_KEY


async def test_a_key_that_may_only_send(asked: Ask, resend_double: MailDouble) -> None:
    """The best key there is may not list domains, and is accepted."""
    words = "This API key is restricted to only send emails."
    body = {"statusCode": 401, "message": words, "name": "restricted_api_key"}
    resend_double.fail(401, path_contains="/domains", body=body)

    assert bad(await asked("notifier")) == {}


@pytest.mark.parametrize(
    ("fault", "seen", "todo"),
    [
        (
            {"status": 200, "body": {"data": [{"name": "techub.life", "status": "pending"}]}},
            "Resend accepts the key; the domain techub.life is pending",
            VERIFY,
        ),
        (
            {"status": 200, "body": {"data": []}},
            "Resend accepts the key; the domain techub.life is not there",
            VERIFY,
        ),
        (
            {"status": 200, "body": {"odd": 1}},
            "Resend answered something that cannot be read",
            LATER,
        ),
        (
            {"status": 503, "body": {"statusCode": 503, "name": "x", "message": "Down."}},
            "503 x: Down.",
            LATER,
        ),
    ],
)
async def test_resend_says_something_else(
    asked: Ask, resend_double: MailDouble, fault: dict[str, Any], seen: str, todo: str
) -> None:
    """A domain that is not verified sends no mail; a provider that is down is waited for."""
    resend_double.fail(path_contains="/domains", **fault)
    found = await asked("notifier")

    assert bad(found) == {"resend": ("fail", seen)}
    assert found["resend"].todo == todo


async def test_without_a_key_and_alerts(js: JetStreamContext, stage: Stage, ask: Ask) -> None:
    """Both are allowed, and both should not stay."""
    bare = stage.settings.model_copy(update={"resend_api_key": None, "alert_email": ""})
    await js.stream_info(EVENTS)
    async with answering(bare, opener(bare)):
        found = await ask("notifier")

    assert {name: found[name].todo for name in bad(found)} == {
        "resend": NO_KEY,
        "alerts": NO_ALERTS,
    }


async def test_the_apis_view_is_gone(asked: Ask, stage: Stage) -> None:
    """Whom mails are for is a thing of its own: the database itself answers."""
    await stage.admin("DROP VIEW api.notification_recipients")
    found = await asked("notifier")

    assert list(bad(found)) == ["recipients"]
    assert "api.notification_recipients cannot be read" in found["recipients"].seen
