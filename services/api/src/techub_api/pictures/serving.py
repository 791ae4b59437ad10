"""Answers with a file as caches and browsers like it: named, unchanged, in parts, or elsewhere."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Response
from starlette.datastructures import Headers

NO_SNIFFING: Final = {"X-Content-Type-Options": "nosniff"}
_PART: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class File:
    """What is sent; with a `name` it is saved under it instead of shown."""

    content: bytes
    mime: str
    etag: str
    lifetime: str
    name: str | None = None
    varies: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Return what is said of the file, whole or not."""
        said = {"ETag": self.etag, "Cache-Control": self.lifetime, "Accept-Ranges": "bytes"}
        if self.varies:
            said["Vary"] = "Accept"
        if self.name:
            said["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(self.name)}"
        return said | NO_SNIFFING


def has_it(if_none_match: str | None, etag: str) -> bool:
    """Return whether a browser that sent this header holds the content of that tag."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags


def sent(file: File, asked: Headers) -> Response:
    """Return the file, the part that was asked for, or that there is nothing new."""
    if has_it(asked.get("if-none-match"), file.etag):
        return unchanged(file.headers)
    whole = len(file.content)
    part = _part(asked, file.etag, whole)
    if part is None:
        return Response(file.content, media_type=file.mime, headers=file.headers)
    start, end = part
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{whole}"})
    headers = file.headers | {"Content-Range": f"bytes {start}-{end - 1}/{whole}"}
    return Response(file.content[start:end], 206, media_type=file.mime, headers=headers)


def unchanged(headers: dict[str, str]) -> Response:
    """Return that the browser has the newest."""
    return Response(status_code=304, headers=headers)


def found_at(address: str, lifetime: str, *, varies: bool = False) -> Response:
    """Return that the file is elsewhere; `address` is one that we made ourselves."""
    headers = {"Location": address, "Cache-Control": lifetime}
    return Response(status_code=302, headers=headers | ({"Vary": "Accept"} if varies else {}))


def wanted_formats(accept: str | None, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    """Return the formats to look for, in order: the small ones only for who names them."""
    named = {
        kind.strip().lower()
        for kind, _, options in (part.partition(";") for part in (accept or "").split(","))
        if not re.fullmatch(r"q=0(\.0*)?", options.strip())
    }
    small = tuple(form for form in ("avif", "webp") if f"image/{form}" in named)
    return (*small, *(form for form in otherwise if form not in small))


def _part(asked: Headers, etag: str, whole: int) -> tuple[int, int] | None:
    """Return where the wanted part begins and ends; None for the whole, also of several parts."""
    match = _PART.fullmatch(asked.get("range", "").strip())
    if match is None or match[0] == "bytes=-":
        return None
    if asked.get("if-range", etag) != etag:
        return None
    first, last = match[1], match[2]
    if not first:
        return max(0, whole - int(last)), whole if int(last) else 0
    start = int(first)
    if last and int(last) < start:
        return None
    return start, min(whole, int(last) + 1) if last else whole
