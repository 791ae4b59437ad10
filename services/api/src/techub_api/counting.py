"""Whole numbers as strangers write them, in headers and forms."""

from typing import Final

MOST_DIGITS: Final = 18


def whole_number(text: str | None) -> int | None:
    """Return the number; None for what is none, or has more digits than anything we count."""
    is_one = text is not None and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if text and is_one else None
