"""What is read of a stranger's file before any library sees it: cheap, bounded, and in Python."""

import struct
from typing import Final

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS: Final = 2000
MOST_SCANS: Final = 100
MOST_PROFILE: Final = 64 * 1024

_HEAD: Final = struct.Struct(">I4s")
_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"sRGB", b"gAMA", b"cHRM"})


class Refused(Exception):
    """We do not want this picture; the message says why."""


def essential(content: bytes) -> bytes:
    """Return the file without what only costs time to read; raise Refused.

    Of a PNG the chunks that make its pixels are kept; a JPEG may have 100 scans.
    """
    if content.startswith(PNG_MAGIC):
        return _png(content)
    if content.startswith(b"\xff\xd8\xff") and content.count(b"\xff\xda") > MOST_SCANS:
        message = f"it has more than {MOST_SCANS} scans"
        raise Refused(message)
    return content


def _png(content: bytes) -> bytes:
    kept, at, whole = [PNG_MAGIC], len(PNG_MAGIC), memoryview(content)
    for _ in range(MOST_CHUNKS):
        if at + 12 > len(content):
            message = "it is cut short"
            raise Refused(message)
        length, name = _HEAD.unpack_from(content, at)
        end = at + 12 + length
        if end > len(content):
            message = "it is cut short"
            raise Refused(message)
        if name in _KEPT or name == b"IEND" or (name == b"iCCP" and length <= MOST_PROFILE):
            kept.append(bytes(whole[at:end]))
        at = end
        if name == b"IEND":
            return b"".join(kept)
    message = f"it has more than {MOST_CHUNKS} chunks"
    raise Refused(message)
