"""Forms: only the one we gave to this browser, for this person, is taken back."""

from uuid import uuid4

import pytest
from itsdangerous import TimestampSigner

from techub_api.accounts.tables import User
from techub_api.pages.visitors import Visitor, form_token, is_ours, new_mark
from techub_api.settings import Settings

ADA = User(id=uuid4(), login="ada")
GRACE = User(id=uuid4(), login="grace")
MARK = new_mark()


def test_our_form(settings: Settings) -> None:
    """The form we gave to this browser for this person is ours."""
    assert is_ours(settings, form_token(settings, MARK, ADA.id), Visitor(ADA, MARK))
    assert is_ours(settings, form_token(settings, MARK, None), Visitor(None, MARK))


@pytest.mark.parametrize(
    "visitor",
    [
        pytest.param(Visitor(ADA, new_mark()), id="another browser"),
        pytest.param(Visitor(ADA, None), id="a browser without the cookie"),
        pytest.param(Visitor(ADA, ""), id="a browser with an empty cookie"),
        pytest.param(Visitor(GRACE, MARK), id="another person"),
        pytest.param(Visitor(None, MARK), id="nobody"),
    ],
)
def test_not_our_form(settings: Settings, visitor: Visitor) -> None:
    """The form of one browser and person is good in no other."""
    assert not is_ours(settings, form_token(settings, MARK, ADA.id), visitor)


@pytest.mark.parametrize("token", ["", "x", "W10.x.y", "é"])
def test_made_up_tokens(settings: Settings, token: str) -> None:
    """What we did not sign is not ours."""
    assert not is_ours(settings, token, Visitor(None, MARK))


def test_an_old_form(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form left open for longer than twelve hours is given out again, not taken."""
    token = form_token(settings, MARK, ADA.id)
    now = TimestampSigner("any").get_timestamp()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: now + 13 * 3_600)

    assert not is_ours(settings, token, Visitor(ADA, MARK))
