"""Text from strangers is neutralised, shortened and measured the same way everywhere."""

# ruff: noqa: RUF001 - letters that look like other letters are the point

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techub_cards.text import clean, han_language, has_tall_script, initials, short_count


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.2k"),
        (9999, "9.9k"),
        (12_480, "12k"),
        (123_456, "123k"),
        (250_000, "250k"),
        (999_999, "999k"),
        (1_000_000, "1M"),
        (1_234_567, "1.2M"),
        (123_456_789, "123M"),
        (2_500_000_000, "2.5G"),
    ],
)
def test_short_count(number: int, shown: str) -> None:
    """Large numbers are told in at most four characters and never rounded up."""
    assert shown == short_count(number)


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_short_count_is_short(number: int) -> None:
    """No count a profile may have is longer than four characters."""
    assert len(short_count(number)) <= 4


@pytest.mark.parametrize(
    "control", ["\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u061c", "\x07"]
)
def test_bidi_neutralised(control: str) -> None:
    """Bidi and control characters leave, the letters around them stay."""
    assert clean(f"ab{control}cd") == "abcd"


def test_one_line() -> None:
    """Line breaks and runs of spaces of every kind become one space."""
    assert clean("  a\n\tb\u2003\u3000c \u2028d") == "a b c d"


def test_joined_emoji() -> None:
    """A family of emoji stays one family."""
    family = "👨‍👩‍👧‍👦"

    assert family == clean(family)


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [("𝕮𝖔𝖉𝖊𝖗", "Coder"), ("𝓦𝓲𝔃", "Wiz"), ("ｎｅｏｎ", "neon"), ("🅰🅱", "AB"), ("№ ™", "№ ™")],
)
def test_disguised_letters(disguised: str, plain: str) -> None:
    """Letters dressed up as mathematics are set in the card's own face."""
    assert plain == clean(disguised)


def test_piled_marks() -> None:
    """At most three marks stay on a letter, however many were piled on it."""
    assert clean("a" + "\u0335" * 40) == "a" + "\u0335" * 3


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("Ada King Lovelace", "AL"),
        ("li", "L"),
        ("まつもと ゆきひろ", "ま"),
        ("ليلى الفهري", "ل"),
        ("🚀✨", "G"),
        ("", "G"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    """One or two letters stand for a person; without a name the login's stand in."""
    assert letters == initials(name, "ghost")


@pytest.mark.parametrize(
    ("text", "language"), [("まつ本", "ja"), ("김", "ko"), ("尤雨溪", "zh"), ("Ada", "en")]
)
def test_han_language(text: str, language: str) -> None:
    """Han glyphs are drawn as the text's own readers expect them."""
    assert language == han_language(text)


def test_tall_scripts() -> None:
    """Scripts with marks above and below their letters are given more room."""
    assert [has_tall_script(text) for text in ("Ada", "ليلى", "कृष्ण", "สมชาย", "尤")] == [
        False,
        True,
        True,
        True,
        False,
    ]
