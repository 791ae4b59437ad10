"""Other people's text made fit to travel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techub_generator.prose import clean as cleaned
from techub_generator.prose import cut, listed, without_links


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\n lines\t", "two lines"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("nul\x00byte", "nul byte"),
        ("half a \ud83d pair", "half a pair"),
        ("write to ada@example.org", "write to [address]"),
        ("token ghp_abcdefghijklmnopqrstuvwxyz", "token [secret]"),
        ("👩‍💻 at work", "👩‍💻 at work"),
        (" \u200b ", None),
        ("", None),
        (None, None),
        (42, None),
    ],
)
def test_clean(text: object, expected: str | None) -> None:
    """What cannot be seen or must not travel is taken out; nothing left is None."""
    assert cleaned(text) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("cut at the word", 11, "cut at the…"),
        ("cut before, a comma", 12, "cut before…"),
        ("Donaudampfschiff", 8, "Donauda…"),
        ("cafe\u0301s", 5, "caf…"),
    ],
)
def test_cut(text: str, limit: int, expected: str) -> None:
    """A text ends at a word with an ellipsis, never between a letter and its accent."""
    assert cut(text, limit) == expected


@given(st.text(max_size=300), st.integers(min_value=1, max_value=200))
def test_cut_is_never_too_long(text: str, limit: int) -> None:
    """Whatever the text, the limit holds."""
    assert len(cut(text, limit)) <= limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://twitter.com/bitwiseman", ""),
        ("me: http://a.b/c?d and www.e.f", "me: and"),
        ("Node.js and ASP.NET", "Node.js and ASP.NET"),
    ],
)
def test_without_links(text: str, expected: str) -> None:
    """Addresses of pages go, names with a dot stay."""
    assert without_links(text) == expected


def test_listed() -> None:
    """Names read like a sentence."""
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]
