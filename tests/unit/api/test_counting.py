"""Numbers from strangers: what is none is none, however long it is."""

import pytest

from techub_api.counting import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.0", None),
        ("\u0663", None),
        ("\u00b2", None),
        ("9" * 19, None),
        ("9" * 5000, None),
    ],
)
def test_whole_numbers(text: str | None, number: int | None) -> None:
    """Digits are a number, up to eighteen of them."""
    assert whole_number(text) == number
