"""OPS_HTTP_BASIC, and the name it had before."""

from typing import Any

import pytest
from pydantic import ValidationError

from techub_api.settings import Settings


def settings(**more: Any) -> Settings:
    """Return settings with what every api needs."""
    needed: dict[str, Any] = {
        "nats_url": "nats://127.0.0.1:1",
        "database_url": "postgresql://x",
        "storage_url": "file:///tmp/x",
        "secret_key": "x" * 32,
    }
    return Settings(**(needed | more))


@pytest.mark.parametrize(
    ("value", "operators"),
    [
        ("root:pw", {"root": "pw"}),
        ("a:b, c:d:e", {"a": "b", "c": "d:e"}),
        ("a.b-c_1:päß wörd", {"a.b-c_1": "päß wörd"}),
    ],
)
def test_one_or_several(value: str, operators: dict[str, str]) -> None:
    """Pairs are separated by commas; a password may hold colons."""
    assert settings(ops_http_basic=value).operators == operators


def test_unset_is_nobody() -> None:
    """Nobody comes in where it is not set."""
    assert settings().operators == {}


@pytest.mark.parametrize("value", ["root", "root:", ":pw", "a:b,a:c", "a b:c", ",", "a:b,c"])
def test_what_is_refused(value: str) -> None:
    """Half a pair, a name twice, and a name nobody could read in the record end the start."""
    with pytest.raises(ValidationError):
        settings(ops_http_basic=value)


@pytest.mark.parametrize("name", ["OPS_HTTP_BASIC", "MISSION_CONTROL_JOBS_HTTP_BASIC"])
def test_both_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The environment may use either name; ours comes first."""
    monkeypatch.setenv(name, "root:pw")
    assert settings().operators == {"root": "pw"}
    monkeypatch.setenv("OPS_HTTP_BASIC", "other:pw")
    assert settings().operators == {"other": "pw"}


def test_the_password_is_no_secret_that_shows() -> None:
    """Neither settings nor their repr say a password."""
    assert "hunter2" not in repr(settings(ops_http_basic="root:hunter2"))
