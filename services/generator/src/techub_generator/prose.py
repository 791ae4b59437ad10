"""Other people's text made fit to travel, and our own made to read well."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from techub_common.masking import mask

LONGEST: Final = 2000
LONGEST_DOCUMENT: Final = 64_000
ELLIPSIS: Final = "…"
DASHES: Final = "-\u2013\u2014"

_UNSEEN: Final = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_LINK: Final = re.compile(r"(?:(?<![a-z0-9+.-])[a-z0-9+.-]+://|\bwww\.)\S*", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_BLANK: Final = re.compile(r"\n{3,}")
_JOINED: Final = ("\u200d", "\ufe0e", "\ufe0f")


def clean(text: object, limit: int = LONGEST) -> str | None:
    """Return the text on one line, with addresses, secrets and what cannot be seen taken out.

    Control and bidirectional marks, lone surrogates and what is beyond `limit` characters go too;
    nothing left is None.
    """
    if not isinstance(text, str):
        return None
    spaced = "".join(
        " " if unicodedata.category(letter) == "Cc" else letter
        for letter in _UNSEEN.sub("", text[: 2 * limit])
    )
    return cut(mask(" ".join(spaced.split())), limit) or None


def paragraphs(text: str) -> str:
    """Return a document with its lines, otherwise cleaned as `clean` does it; 64,000 letters."""
    shown = _UNSEEN.sub("", text[: 2 * LONGEST_DOCUMENT].replace("\r\n", "\n"))
    kept = _CONTROL.sub(" ", shown)
    lines = (line.rstrip() for line in mask(kept).split("\n"))
    return _BLANK.sub("\n\n", "\n".join(lines)).strip()[:LONGEST_DOCUMENT]


def without_links(text: str) -> str:
    """Return the text with every address of a page taken out."""
    return " ".join(_LINK.sub("", text).split()).strip(f" {DASHES}|:·,")


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, ending at a word with an ellipsis when it is shortened."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    if not text[limit - 1].isspace():
        at_word = kept.rfind(" ")
        kept = kept[:at_word] if at_word > limit // 2 else _whole(kept, text[limit - 1])
    return kept.rstrip(f" ,.;:({DASHES}“\"'") + ELLIPSIS


def _whole(kept: str, following: str) -> str:
    """Step back until no letter is parted from the marks that belong to it."""
    end = len(kept)
    while end and (_clings(following) or kept[end - 1] == "\u200d"):
        end, following = end - 1, kept[end - 1]
    return kept[:end]


def _clings(letter: str) -> bool:
    return unicodedata.combining(letter) > 0 or letter in _JOINED


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return the number with its noun: "1 star", "1,204 stars"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Return the names as a list one can read aloud: "Ruby, Go and C"."""
    if len(names) < 2:  # noqa: PLR2004  # one name needs no "and"
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
