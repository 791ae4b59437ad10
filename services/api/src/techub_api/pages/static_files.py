"""The files pages are made of; the address holds a hash of the content, so nothing goes stale."""

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

from techub_api.files import mime_of
from techub_api.pages import STATIC
from techub_api.pages.families import family_css
from techub_cards.fonts import Face, faces
from techub_common.errors import Permanent

router = APIRouter(include_in_schema=False)

FOR_EVER: Final = "public, max-age=31536000, immutable"
SHEETS: Final = (
    "tokens",
    "base",
    "parts",
    "landing",
    "submit",
    "run",
    "profile",
    "account",
    "browse",
)
PACKED: Final = frozenset({".css", ".js", ".svg"})
MARKS: Final = "U+A0,U+B7,U+2013-2014,U+2019,U+201C-201D,U+2026"
TYPED: Final = f"U+20-7E,U+D7,{MARKS}"
SPOKEN: Final = f"U+20-22,U+26-29,U+2C-3B,U+3F-5A,U+5F,U+61-7A,{MARKS}"
BASIC: Final = {
    "sans-latin.woff2": ("sans-basic.woff2", TYPED),
    "display-latin.woff2": ("display-basic.woff2", SPOKEN),
    "serif-latin.woff2": ("serif-basic.woff2", SPOKEN),
    "symbols.woff2": ("symbols-basic.woff2", "U+2605,U+2660-2667"),
}
"""Small faces for everyday letters; a browser asks for the whole face only where it needs more."""
_HASHED: Final = re.compile(r"(?P<stem>[\w-]+)\.(?P<hash>[0-9a-f]{12})(?P<suffix>\.\w+)")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is served."""

    address: str
    mime: str
    content: bytes
    packed: bytes | None = None


@router.get("/static/{name}")
async def static_file(
    name: str,
    if_none_match: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str | None, Header()] = None,
) -> Response:
    """Answer the file; the one of today when the hash is of another release."""
    asked = _HASHED.fullmatch(name)
    found = static_files().get(asked["stem"] + asked["suffix"]) if asked else None
    if found is None:
        message = "There is nothing here."
        raise Permanent(message, code="object_missing")
    if not found.address.endswith(name):
        return Response(found.content, media_type=found.mime, headers={"Cache-Control": "no-store"})
    headers = {"Cache-Control": FOR_EVER, "ETag": f'"{name}"'}
    content = found.content
    if found.packed is not None:
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(accept_encoding):
            headers |= {"Content-Encoding": "gzip", "ETag": f'"{name}.gz"'}
            content = found.packed
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=found.mime, headers=headers)


def takes_gzip(accept_encoding: str | None) -> bool:
    """Return whether who sent this header unpacks gzip."""
    named = [part.strip().lower() for part in (accept_encoding or "").split(",")]
    return any(part == "gzip" or part.startswith("gzip;") for part in named) and not any(
        re.fullmatch(r"gzip;\s*q=0(\.0*)?", part) for part in named
    )


def static_url(name: str) -> str:
    """Return where a page finds the file."""
    return static_files()[name].address


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Return every file by its plain name."""
    plain = {
        path.name: _hashed(path.name, path.read_bytes())
        for path in sorted(STATIC.iterdir())
        if path.is_file() and not path.name.startswith(".")
    }
    fonts = dict(_fonts())
    sheet = "".join((_font_css({**plain, **fonts}), family_css(), *map(_sheet, SHEETS)))
    for name, file in plain.items():
        sheet = sheet.replace(f'url("{name}")', f'url("{file.address}")')
    return {**plain, **fonts, "site.css": _hashed("site.css", sheet.encode())}


def _sheet(name: str) -> str:
    return (STATIC / "styles" / f"{name}.css").read_text(encoding="utf-8")


def _hashed(name: str, content: bytes) -> StaticFile:
    path = PurePosixPath(name)
    digest = hashlib.sha256(content).hexdigest()[:12]
    mime = mime_of(name)
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in PACKED else None
    return StaticFile(f"/static/{path.stem}.{digest}{path.suffix}", mime, content, packed)


def _fonts() -> Iterator[tuple[str, StaticFile]]:
    """Yield the faces of the cards: a page speaks with the voice of what it shows."""
    folder = files("techub_cards").joinpath("fonts")
    for face in faces():
        content = folder.joinpath(face.file).read_bytes()
        yield face.file, _hashed(face.file, content)


def _font_css(fonts: Mapping[str, StaticFile]) -> str:
    """Return the rules of all faces; of two for the same letter the later one is asked."""
    rules = [(face, fonts[face.file].address, _ranges(face)) for face in faces()]
    basic = [
        (face, fonts[BASIC[face.file][0]].address, BASIC[face.file][1])
        for face in faces()
        if face.file in BASIC
    ]
    return "".join(_face_css(*rule) for rule in (*rules, *basic))


def _ranges(face: Face) -> str:
    return ",".join(f"U+{low:X}-{high:X}" for low, high in face.ranges)


def _face_css(face: Face, address: str, ranges: str) -> str:
    return (
        f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};'
        f"font-style:{'italic' if face.italic else 'normal'};font-display:swap;"
        f'src:url("{address}")format("woff2");unicode-range:{ranges}}}\n'
    )
