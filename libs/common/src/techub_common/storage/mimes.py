"""What kind of file a name says it is; the machine's own table may know no WebP."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

MIMES: Final[Mapping[str, str]] = {
    ".avif": "image/avif",
    ".css": "text/css",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


def mime_of(name: str) -> str:
    """Return the type of a file by its ending; bytes when the ending says nothing."""
    return MIMES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
