"""Sessions: a cookie only we can write, for as long as it is good."""

from http.cookies import Morsel, SimpleCookie
from uuid import UUID, uuid4

import pytest
from itsdangerous import TimestampSigner
from starlette.responses import Response

from techub_api.accounts.sessions import COOKIE, LASTS, sign_in, sign_out, signed_in, signer
from techub_api.settings import Settings
from techub_common.settings import AppEnv
from tests.unit.api.pages.conftest import request_to, settings_of

SOMEBODY = uuid4()


def cookie_of(response: Response) -> Morsel[str]:
    """Return the session cookie an answer sets."""
    return SimpleCookie(response.headers["set-cookie"])[COOKIE]


def who_comes_back(settings: Settings, value: str) -> UUID | None:
    """Return whose browser sends this cookie."""
    return signed_in(request_to("/", cookie=f"{COOKIE}={value}"), settings)


@pytest.fixture
def session(settings: Settings) -> str:
    """Give the cookie of somebody who has just signed in."""
    response = Response()
    sign_in(response, settings, SOMEBODY)
    return cookie_of(response).value


def test_somebody_comes_back(settings: Settings, session: str) -> None:
    """Who signed in is known by the cookie."""
    assert who_comes_back(settings, session) == SOMEBODY


def test_nobody_in_particular(settings: Settings) -> None:
    """A browser without a cookie is nobody's."""
    assert signed_in(request_to("/"), settings) is None


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_changed_cookie(settings: Settings, session: str, at: int) -> None:
    """A cookie with one letter changed is nobody's."""
    letters = list(session)
    letters[at] = "A" if letters[at] != "A" else "B"

    assert who_comes_back(settings, "".join(letters)) is None


def test_another_secret(session: str) -> None:
    """A cookie signed with another secret is nobody's."""
    assert who_comes_back(settings_of(AppEnv.production, "t" * 32), session) is None


def test_another_purpose(settings: Settings) -> None:
    """What was signed for a form opens no session."""
    assert who_comes_back(settings, signer(settings, "form").dumps(SOMEBODY.hex)) is None


@pytest.mark.parametrize(("days", "known"), [(29, True), (31, False)])
def test_thirty_days(
    settings: Settings, session: str, monkeypatch: pytest.MonkeyPatch, days: int, known: bool
) -> None:
    """A session lasts 30 days and no longer, whatever the browser keeps."""
    now = TimestampSigner("any").get_timestamp()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: now + days * 86_400)

    assert (who_comes_back(settings, session) == SOMEBODY) is known


@pytest.mark.parametrize(
    ("app_env", "secure"),
    [(AppEnv.production, True), (AppEnv.test, True), (AppEnv.development, False)],
)
def test_cookie_attributes(app_env: AppEnv, secure: bool) -> None:
    """No script reads the cookie, no other site sends it, and it goes over https only."""
    response = Response()
    sign_in(response, settings_of(app_env), SOMEBODY)
    cookie = cookie_of(response)

    assert cookie["httponly"] is True
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert cookie["max-age"] == str(int(LASTS.total_seconds()))
    assert bool(cookie["secure"]) is secure


def test_signing_out(settings: Settings) -> None:
    """Signing out makes the browser forget the cookie."""
    response = Response()
    sign_out(response, settings)

    assert cookie_of(response).value == ""
    assert cookie_of(response)["max-age"] == "0"
