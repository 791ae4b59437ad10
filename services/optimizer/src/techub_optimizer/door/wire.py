"""What keeper and worker say to each other over a pipe: a word, a length, and that many bytes."""

import struct
from typing import Final

HEAD: Final = struct.Struct(">10sI")


def packed(word: str, content: bytes) -> bytes:
    """Return a message; the word has ten letters at most."""
    return HEAD.pack(word.encode(), len(content)) + content


def unpacked(head: bytes) -> tuple[str, int]:
    """Return the word and how many bytes follow."""
    word, length = HEAD.unpack(head)
    return word.rstrip(b"\0").decode(), length
