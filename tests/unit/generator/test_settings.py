"""Settings of the generator: names, lists, and what is refused."""

import pytest

from techub_common.settings import SettingsError, read
from techub_generator.settings import Settings


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APP_ENV", "GITHUB_TOKEN", "GITHUB_API_URL", "OUTBOUND_ALLOW", "CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NATS_URL", "nats://127.0.0.1:4222")
    monkeypatch.setenv("STORAGE_URL", "file:///tmp/objects")


def test_defaults() -> None:
    """Without anything said it is GitHub itself, asked anonymously."""
    settings = read(Settings)

    assert settings.github_api_url == "https://api.github.com"
    assert settings.github_tokens == ()
    assert settings.outbound_allowed == frozenset()


def test_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several tokens are a comma list, and are not shown."""
    monkeypatch.setenv("GITHUB_TOKEN", " ghp_one, ,ghp_two ")
    settings = read(Settings)

    assert settings.github_tokens == ("ghp_one", "ghp_two")
    assert "ghp_one" not in repr(settings)


def test_outbound_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Private places may be opened in development, never in production."""
    monkeypatch.setenv("OUTBOUND_ALLOW", "127.0.0.1:4000,[::1]:4000")
    with pytest.raises(SettingsError, match="OUTBOUND_ALLOW"):
        read(Settings)
    monkeypatch.setenv("APP_ENV", "development")

    assert read(Settings).outbound_allowed == {"127.0.0.1:4000", "[::1]:4000"}


@pytest.mark.parametrize("url", ["api.github.com", "ftp://api.github.com"])
def test_api_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """An address that is not http is named in the error."""
    monkeypatch.setenv("GITHUB_API_URL", url)

    with pytest.raises(SettingsError, match="GITHUB_API_URL"):
        read(Settings)
