"""What the notifier accepts as its settings."""

import pytest

from techub_common.settings import SettingsError, read
from techub_notifier.settings import MigrationSettings, Settings

GIVEN = {
    "NATS_URL": "nats://127.0.0.1:4222",
    "DATABASE_URL": "postgresql+asyncpg://notifier@127.0.0.1/techub",
    "RESEND_API_KEY": "re_secret",
    "SECRET_KEY": "a-secret-of-the-tests-32-characters",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what must be set, and nothing of the machine's own."""
    for name in ("ALERT_EMAIL", "EMAIL_FROM", "APP_HOST", "RESEND_API_URL", "CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)


def test_defaults() -> None:
    """Secret, database and broker are all that must be set."""
    settings = read(Settings)

    assert settings.email_from == "TecHub <notifications@techub.life>"
    assert settings.resend_api_url == "https://api.resend.com"
    assert settings.alert_addresses == ()
    assert "re_secret" not in repr(settings)


def test_alert_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comma list holds each address once, in the order given."""
    monkeypatch.setenv("ALERT_EMAIL", "b@example.com, a@example.com,B@example.com,")

    assert {"b@example.com", "a@example.com"} == set(read(Settings).alert_addresses)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("RESEND_PER_SECOND", "-1"),
        ("EMAIL_FROM", "TecHub"),
        ("ALERT_EMAIL", "ops at example.com"),
        ("APP_HOST", "techub.life"),
        ("RESEND_API_URL", "ftp://api.resend.com"),
    ],
)
def test_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """What is missing or malformed is named in one line."""
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        read(Settings)


def test_migration_needs_the_database_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker and no key are asked for when only the schema is brought up to date."""
    monkeypatch.delenv("NATS_URL")
    monkeypatch.delenv("RESEND_API_KEY")

    assert "notifier" in read(MigrationSettings).database_url.get_secret_value()
