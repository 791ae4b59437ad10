"""The address of the profile as a square that a telephone reads."""

from functools import lru_cache
from typing import NamedTuple

import segno

LONGEST = 300


class QrCode(NamedTuple):
    """The dark modules as one path, in a square of `size` modules, quiet zone excluded."""

    path: str
    size: int


@lru_cache(maxsize=64)
def qr_of(address: str) -> QrCode | None:
    """Return the code of the address; None for none, or one too long for a small square."""
    if not address or len(address) > LONGEST:
        return None
    code = segno.make(address, error="m", micro=False)
    runs = [
        f"M{start} {y}h{end - start}v1h{start - end}z"
        for y, row in enumerate(code.matrix)
        for start, end in _runs(row)
    ]
    return QrCode("".join(runs), len(code.matrix))


def _runs(row: bytearray) -> list[tuple[int, int]]:
    edges = [x for x in range(len(row) + 1) if (x < len(row) and row[x]) != (x > 0 and row[x - 1])]
    return list(zip(edges[::2], edges[1::2], strict=True))
