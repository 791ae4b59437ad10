"""How much work a text makes: what grows with its square would take minutes."""

import time
from collections.abc import Callable
from typing import Final

LONG: Final = 128_000
FAR_TOO_LONG: Final = 5.0  # seconds of processor time; in proportion to the text it is a tenth


def processor_seconds(work: Callable[[], object]) -> float:
    """Return how long the processor worked, whatever else it had to do meanwhile."""
    began = time.process_time()
    work()
    return time.process_time() - began


def filled(piece: str, size: int = LONG) -> str:
    """Return a text of that many characters, made of the piece."""
    return (piece * (size // len(piece) + 1))[:size]
