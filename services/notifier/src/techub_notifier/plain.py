"""Free text made fit for one line of a mail."""

import unicodedata


def plain(text: str, limit: int) -> str:
    """Return the text on one line, without control or direction characters, at most `limit` long.

    A line break can no longer begin a header, and nothing invisible can change what is read.
    """
    spaced = "".join(" " if letter.isspace() else letter for letter in text)
    kept = "".join(
        letter for letter in spaced if letter == " " or unicodedata.category(letter)[0] != "C"
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
