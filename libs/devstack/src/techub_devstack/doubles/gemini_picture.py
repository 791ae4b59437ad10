"""A picture as an image model would send one: a PNG drawn from nothing but a seed."""

import random
import struct
import zlib
from functools import lru_cache

LONG_EDGE = 768
SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB = 2


@lru_cache(maxsize=32)
def picture(seed: str, aspect_ratio: str) -> bytes:
    """Return a PNG of soft diagonal bands; the same seed gives the same picture."""
    width, height = size(aspect_ratio)
    chance = random.Random(seed)
    near, far = ([chance.randrange(30, 226) for _ in range(3)] for _ in range(2))
    reach = width + height
    line = b"".join(
        bytes(a + (b - a) * at // reach for a, b in zip(near, far, strict=True))
        for at in range(reach)
    )
    rows = b"".join(b"\0" + line[3 * y : 3 * (y + width)] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, RGB, 0, 0, 0)
    body = zlib.compress(rows, 6)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def size(aspect_ratio: str) -> tuple[int, int]:
    """Return width and height for a ratio such as 16:9; anything else is a square."""
    wide, _, high = aspect_ratio.partition(":")
    if not (wide.isdecimal() and high.isdecimal() and int(wide) and int(high)):
        return LONG_EDGE, LONG_EDGE
    ratio = int(wide) / int(high)
    if ratio >= 1:
        return LONG_EDGE, round(LONG_EDGE / ratio)
    return round(LONG_EDGE * ratio), LONG_EDGE


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
