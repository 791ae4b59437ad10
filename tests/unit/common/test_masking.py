"""What is masked in a text, and that no text makes it a long job."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techub_common.masking import mask
from tests.unit.linear import FAR_TOO_LONG, filled, processor_seconds

# What an address and a key look like, said plainly: too slow for a long text.
ADDRESS = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
SECRET = re.compile(
    r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|AIza[\w-]{30,}|re_\w{16,}|AKIA[A-Z0-9]{16}"
    r"|sk-[\w-]{20,}|xox[abpr]-[\w-]{10,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})"
)
PIECES = st.sampled_from(
    ["a", "é", "a.b", "@", ".", "+", "-", "_", " ", "eyJ", "x" * 10, "ghp_", "y" * 20, "sk-", "\n"]
)


@pytest.mark.parametrize(
    "piece",
    ["a.", "a-", "a+", "eyJ-", "-eyJ", "eyJ", "a@", "a@b.", "a@b.c-", "a@b.c+", "a.b@c-", "eyJa.b"],
)
def test_no_text_is_a_long_job(piece: str) -> None:
    """The work grows with the text and not with its square."""
    text = filled(piece)

    assert processor_seconds(lambda: mask(text)) < FAR_TOO_LONG


@pytest.mark.parametrize("part", ["eyJ" + "a" * 10, "eyJ-" * 4, "b" * 10, "eyJ"])
def test_nor_are_tokens_one_after_another(part: str) -> None:
    """Parts like those of a token, with dots between them, are each looked at a few times."""
    text = filled(f"{part}.")

    assert processor_seconds(lambda: mask(text)) < FAR_TOO_LONG


@given(st.lists(PIECES, max_size=30).map("".join))
def test_nothing_is_left(text: str) -> None:
    """Wherever an address or a key begins, it does not travel."""
    masked = mask(text)

    assert ADDRESS.search(masked) is None
    assert SECRET.search(masked) is None


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Mail ada@example.org.", "Mail [address]."),
        ("a@b.c+d@e.f", "[address]"),
        ("<ada@example.org>, (bob@example.org)", "<[address]>, ([address])"),
        ("@ada and v1.2.3", "@ada and v1.2.3"),
        (f"Bearer eyJ{'a' * 12}.{'b' * 12}.{'c' * 12}!", "Bearer [secret]!"),
        (f"token-eyJ{'a' * 12}.{'b' * 12}.{'c' * 12}", "[secret]"),
        ("eyJhbGciOi.short.x", "eyJhbGciOi.short.x"),
    ],
)
def test_masked(text: str, masked: str) -> None:
    """An address and a token go as a whole, what stands around them stays."""
    assert mask(text) == masked
