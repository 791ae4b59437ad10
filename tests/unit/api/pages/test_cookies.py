"""Cookies: for this host alone, out of every script's reach."""

from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

import pytest
from starlette.responses import Response

from techub_api.accounts.cookies import cookie, drop_cookie, keep_cookie
from techub_api.settings import Settings
from tests.unit.api.pages.conftest import request_to

PLAIN = "http://127.0.0.1:3000"
SAFE = "https://techub.test"


def at(settings: Settings, app_host: str) -> Settings:
    """Return the settings of a system people reach at this address."""
    return settings.model_copy(update={"app_host": app_host})


def kept(settings: Settings, lasts: timedelta | None = None) -> Morsel[str]:
    """Return the cookie an answer sets."""
    response = Response()
    keep_cookie(response, settings, "name", "value", lasts=lasts)
    [morsel] = SimpleCookie(response.headers["set-cookie"]).values()
    return morsel


@pytest.mark.parametrize(
    ("app_host", "name", "secure"), [(SAFE, "__Host-name", True), (PLAIN, "name", False)]
)
def test_attributes(settings: Settings, app_host: str, name: str, secure: bool) -> None:
    """No script reads it, no other site sends it, and over https no other host may set it."""
    made = kept(at(settings, app_host), timedelta(days=30))

    assert made.key == name
    assert bool(made["secure"]) is secure
    assert made["httponly"] is True
    assert made["samesite"] == "lax"
    assert (made["path"], made["domain"]) == ("/", "")
    assert made["max-age"] == "2592000"


def test_until_the_browser_is_closed(settings: Settings) -> None:
    """Without a duration the browser decides."""
    assert kept(settings)["max-age"] == ""


@pytest.mark.parametrize("app_host", [SAFE, PLAIN])
def test_what_was_kept_is_read(settings: Settings, app_host: str) -> None:
    """A cookie is found under the name it was set with, and under no other."""
    here = at(settings, app_host)
    made = kept(here)

    assert cookie(request_to("/", cookie=f"{made.key}=value"), here, "name") == "value"
    assert cookie(request_to("/", cookie="other=value"), here, "name") is None


def test_an_unsafe_cookie_is_nobodys(settings: Settings) -> None:
    """Over https a cookie another host of the domain could have set is not looked at."""
    assert cookie(request_to("/", cookie="name=value"), at(settings, SAFE), "name") is None


def test_dropping(settings: Settings) -> None:
    """The browser forgets it."""
    response = Response()
    drop_cookie(response, settings, "name")
    [made] = SimpleCookie(response.headers["set-cookie"]).values()

    assert (made.value, made["max-age"]) == ("", "0")
