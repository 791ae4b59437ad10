"""Which faces a text needs: only those are inlined, so a plain page stays small."""

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FOLDER = files("techub_cards").joinpath("fonts")
_ASCII = 0x80


@dataclass(frozen=True, slots=True)
class Face:
    """One committed font file and the characters it is asked to draw."""

    file: str
    family: str
    weight: str
    italic: bool
    always: bool
    ranges: tuple[tuple[int, int], ...]

    def draws_any(self, characters: Iterable[int]) -> bool:
        """Tell whether one of the characters is this face's to draw."""
        return any(
            low <= character <= high for character in characters for low, high in self.ranges
        )


@cache
def faces() -> tuple[Face, ...]:
    """Return every committed face."""
    rows = json.loads(_FOLDER.joinpath("faces.json").read_text(encoding="utf-8"))
    return tuple(
        Face(**{**row, "ranges": tuple((low, high) for low, high in row["ranges"])}) for row in rows
    )


def faces_for(text: str) -> tuple[Face, ...]:
    """Return the faces the text needs, the everyday ones first."""
    beyond = {ord(character) for character in text if ord(character) >= _ASCII}
    return tuple(face for face in faces() if face.always or face.draws_any(beyond))


def font_css(text: str) -> str:
    """Return the @font-face rules, files inlined, for the faces the text needs."""
    return "\n".join(_rule(face) for face in faces_for(text))


@cache
def _rule(face: Face) -> str:
    source = b64encode(_FOLDER.joinpath(face.file).read_bytes()).decode("ascii")
    ranges = ",".join(f"U+{low:X}-{high:X}" for low, high in face.ranges)
    style = "italic" if face.italic else "normal"
    return (
        f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};font-style:{style};'
        f"font-display:block;unicode-range:{ranges};"
        f'src:url("data:font/woff2;base64,{source}")format("woff2")}}'
    )
