"""Who is asked, as it follows from little, and what is refused at the start."""

from pathlib import Path

import pytest

from techub_common.settings import SettingsError, read
from techub_generator.gemini.providers import Name
from techub_generator.settings import Settings

STUDIO, VERTEX = Name.ai_studio, Name.vertex


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("CREDENTIALS_FILE", raising=False)
    monkeypatch.setenv("NATS_URL", "nats://127.0.0.1:4222")
    monkeypatch.setenv("STORAGE_URL", "file:///tmp/objects")


def resolved(monkeypatch: pytest.MonkeyPatch, **given: str) -> tuple[list[Name], list[Name]]:
    """Return who is asked for text and who for pictures."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = read(Settings).gemini_providers
    return [one.name for one in found.text], [one.name for one in found.images]


@pytest.mark.parametrize(
    ("given", "text", "images"),
    [
        ({}, [], []),
        ({"GEMINI_API_KEY": "k"}, [STUDIO], [STUDIO]),
        ({"GOOGLE_CLOUD_PROJECT": "p"}, [VERTEX], [VERTEX]),
        ({"GEMINI_API_KEY": "k", "GOOGLE_CLOUD_PROJECT": "p"}, [STUDIO, VERTEX], [STUDIO]),
        (
            {"GEMINI_API_KEY": "k", "GOOGLE_CLOUD_PROJECT": "p", "GEMINI_PROVIDER": "vertex"},
            [VERTEX, STUDIO],
            [VERTEX, STUDIO],
        ),
        (
            {
                "GEMINI_API_KEY": "k",
                "GOOGLE_CLOUD_PROJECT": "p",
                "GEMINI_PROVIDER_ORDER": " vertex ,",
                "GEMINI_IMAGES_PROVIDER": "ai_studio",
            },
            [VERTEX],
            [STUDIO],
        ),
    ],
)
def test_resolution(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], text: list[Name], images: list[Name]
) -> None:
    """Named, else inferred from the credentials there are; the other one is second."""
    assert resolved(monkeypatch, **given) == (text, images)


def test_the_credentials_file_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the mounted file says stands above the environment."""
    file = tmp_path / "credentials.yaml"
    file.write_text("gemini: {provider: ai_studio, api_key: from-the-file}\n")
    monkeypatch.setenv("CREDENTIALS_FILE", str(file))
    text, _ = resolved(monkeypatch, GEMINI_PROVIDER="vertex", GOOGLE_CLOUD_PROJECT="p")
    settings = read(Settings)

    assert text == [STUDIO, VERTEX]
    assert "from-the-file" not in repr(settings)
    assert "from-the-file" not in repr(settings.gemini_providers)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"GEMINI_PROVIDER": "vertex"}, "GEMINI_PROVIDER names vertex, but GOOGLE_CLOUD_PROJECT"),
        ({"GEMINI_PROVIDER_ORDER": "ai_studio"}, "GEMINI_PROVIDER_ORDER names ai_studio, but"),
        ({"GEMINI_PROVIDER_ORDER": "openai"}, "a comma list of ai_studio and vertex"),
        ({"GEMINI_IMAGES_PROVIDER": "vertex"}, "GEMINI_IMAGES_PROVIDER names vertex"),
        ({"GEMINI_PROVIDER": "bard"}, "GEMINI_PROVIDER"),
        ({"GEMINI_API_BASE": "nowhere"}, "GEMINI_API_BASE"),
        ({"GEMINI_DEADLINE_SECONDS": "61"}, "GEMINI_DEADLINE_SECONDS"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "/no/such/file"}, "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str) -> None:
    """One clear line names the setting that does not fit."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=said) as caught:
        read(Settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "base", "version"),
    [
        ("https://x.test", "https://x.test", "v1beta"),
        ("https://x.test/v1beta", "https://x.test", "v1beta"),
        ("https://x.test/gateway/v1/", "https://x.test/gateway", "v1"),
        ("https://x.test/vault", "https://x.test/vault", "v1beta"),
    ],
)
def test_versions(monkeypatch: pytest.MonkeyPatch, address: str, base: str, version: str) -> None:
    """An address may end with the API's version, as older settings do."""
    resolved(monkeypatch, GEMINI_API_KEY="k", GEMINI_API_BASE=address)
    [provider] = read(Settings).gemini_providers.text

    assert (provider.base, provider.version) == (base, version)
