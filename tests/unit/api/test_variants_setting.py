"""`CAPTURE_VARIANTS` names the pictures a system makes."""

import pytest
from pydantic import ValidationError

from techub_api.settings import Settings
from techub_cards.variants import VARIANTS


def settings(names: str) -> Settings:
    """Return settings with these names."""
    return Settings(
        nats_url="nats://127.0.0.1:1",
        database_url="postgresql+asyncpg://127.0.0.1/x",
        storage_url="file:///nowhere",
        secret_key="x" * 32,
        app_host="https://techub.test",
        capture_variants=names,
    )


def test_all() -> None:
    """Nothing named means every canvas there is."""
    assert settings("").variants == tuple(VARIANTS)


def test_in_order() -> None:
    """Those named are made in the order of capture, blanks left out."""
    assert settings(" card, og ,").variants == ("og", "card")


def test_unknown() -> None:
    """A canvas nobody draws ends the start and is named."""
    with pytest.raises(ValidationError, match="names no canvas: mural"):
        settings("og,mural")
