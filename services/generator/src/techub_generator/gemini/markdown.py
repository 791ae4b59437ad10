"""The sentences of a README: badges, pictures, comments, code and tags are left out.

A stranger wrote it, and may never close what was opened. No expression here looks further than the
next bracket, or a bounded way.
"""

import re
from typing import Final

LONGEST: Final = 40_000

_TAG: Final = re.compile(r"<[^<>]{1,2000}>")
_PICTURE: Final = re.compile(r"!\[[^\[\]]{0,200}\]\([^)\n]{0,500}\)")
_LINK: Final = re.compile(r"\[([^\[\]]{0,500})\]\([^)\n]{0,500}\)")
_SIGNS: Final = re.compile(r"[#*_`>|=~-]{2,}|^[#>*-]\s*", re.MULTILINE)


def sentences(readme: str) -> str:
    """Return what the first 40,000 characters say, on one line."""
    bare = _without(readme[:LONGEST], "```", "```")
    bare = _TAG.sub(" ", _without(bare, "<!--", "-->"))
    bare = _LINK.sub(r"\1", _PICTURE.sub(" ", bare))
    return " ".join(_SIGNS.sub(" ", bare).split())


def _without(text: str, opening: str, closing: str) -> str:
    """Return the text without what stands between such marks; one that is not closed stays."""
    kept: list[str] = []
    at = 0
    while (begin := text.find(opening, at)) >= 0:
        end = text.find(closing, begin + len(opening))
        if end < 0:
            break
        kept.append(text[at:begin])
        at = end + len(closing)
    return " ".join([*kept, text[at:]])
