"""The view model takes a stranger's words in and keeps only what may be set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from techub_cards.card import Card
from techub_cards.samples import ADA, sample

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def test_missing_words() -> None:
    """Words nobody wrote are empty, and optional ones are absent."""
    card = sample(title=None, tagline="", bio="", location=None)

    assert (card.title, card.tagline, card.bio, card.location) == ("", "", None, None)


def test_extra_is_ignored() -> None:
    """A field this version does not know is no error."""
    assert sample(horoscope="leo") == ADA


def test_frozen() -> None:
    """A card does not change once it is made."""
    with pytest.raises(ValidationError):
        ADA.name = "Somebody else"  # type: ignore[misc]


def test_inlined_avatar() -> None:
    """A picture that is in the card itself is kept as it is."""
    assert sample(avatar=PIXEL).avatar == PIXEL


@pytest.mark.parametrize(
    "avatar",
    [
        "https://avatars.example/1.png",
        "//avatars.example/1.png",
        "file:///etc/passwd",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png,raw",
        PIXEL + '" onerror="alert(1)',
        "javascript:alert(1)",
        "",
    ],
)
def test_fetched_avatar(avatar: str) -> None:
    """A picture somebody would have to fetch, or that hides markup, is refused."""
    with pytest.raises(ValidationError, match="data:image"):
        sample(avatar=avatar)


@pytest.mark.parametrize("stat", [59, 100, -1])
def test_stats_out_of_range(stat: int) -> None:
    """A stat below 60 or above 99 is refused."""
    with pytest.raises(ValidationError):
        sample(attack=stat)


def test_empty_tags() -> None:
    """Tags and languages that are nothing but control characters leave no gap."""
    card = sample(tags=["rust", "\u202e", " "], languages=["\u0000", "Go"])

    assert (card.tags, card.languages) == (("rust",), ("Go",))


@given(st.text())
def test_any_name(name: str) -> None:
    """Every name makes a card, and none carries a line break or a bidi control."""
    kept = sample(name=name).name

    assert not {"\n", "\r", "\0", "\u202e", "\u2066", "\u200f"} & set(kept)


@given(st.text())
def test_cleaning_is_final(name: str) -> None:
    """A card read back from its own JSON is the same card."""
    card = sample(name=name)

    assert Card.model_validate_json(card.model_dump_json()) == card
