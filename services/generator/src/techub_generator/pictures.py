"""What a picture's first bytes say about it; nothing is decoded."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

MOST_PIXELS: Final = 2048 * 2048  # what the optimizer opens
MOST_STEPS: Final = 2000  # through the head of a JPEG: megabytes of it say nothing

JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class Picture:
    """Kind and size of a picture."""

    mime: str
    extension: str
    width: int
    height: int

    @property
    def too_large(self) -> bool:
        """Return whether the optimizer would refuse it for its size alone."""
        return self.width * self.height > MOST_PIXELS


def seen(content: bytes) -> Picture | None:
    """Return what the bytes are a picture of kind and size; None when they are none of ours."""
    for begins, mime, extension, size_in in KINDS:
        if begins(content):
            try:
                width, height = size_in(content)
            except (struct.error, ValueError, StopIteration):
                return None
            return Picture(mime, extension, width, height) if width and height else None
    return None


def _png(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR":
        raise ValueError
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    offset = next(at for marker, at in _jpeg_segments(content) if marker in JPEG_SIZES)
    height, width = struct.unpack_from(">HH", content, offset + 3)
    return width, height


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Give each segment's marker and where its length stands, up to the picture itself."""
    at = 2
    for _ in range(MOST_STEPS):
        if at >= len(content):
            return
        if content[at] != 0xFF:  # noqa: PLR2004  # every marker begins with it
            return
        (marker,) = struct.unpack_from(">B", content, at + 1)
        at += 1 if marker == 0xFF else 2  # noqa: PLR2004  # fill bytes may stand before it
        if marker in JPEG_BARE or marker == 0xFF:  # noqa: PLR2004
            continue
        yield marker, at
        (length,) = struct.unpack_from(">H", content, at)
        at += max(length, 2)


def _webp(content: bytes) -> tuple[int, int]:
    form = content[12:16]
    if form == b"VP8X":
        return _three(content, 24) + 1, _three(content, 27) + 1
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError


def _three(content: bytes, at: int) -> int:
    low, high = struct.unpack_from("<HB", content, at)
    return int(low | high << 16)


KINDS: Final[
    tuple[tuple[Callable[[bytes], bool], str, str, Callable[[bytes], tuple[int, int]]], ...]
] = (
    (lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"), "image/png", "png", _png),
    (lambda content: content.startswith(b"\xff\xd8\xff"), "image/jpeg", "jpg", _jpeg),
    (lambda content: content.startswith((b"GIF87a", b"GIF89a")), "image/gif", "gif", _gif),
    (lambda c: c.startswith(b"RIFF") and c[8:12] == b"WEBP", "image/webp", "webp", _webp),
)
