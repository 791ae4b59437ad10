"""Dice that always fall the same way for the same person, on every machine and Python."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of numbers drawn from a name; two dice of the same name agree for ever."""

    def __init__(self, *name: str) -> None:
        self._name = "\0".join(name).casefold().encode("utf-8", "replace")
        self._block = b""
        self._blocks = 0

    def roll(self) -> float:
        """Return the next number, 0 included and 1 not."""
        if not self._block:
            self._block = sha256(b"%d\0%b" % (self._blocks, self._name)).digest()
            self._blocks += 1
        drawn, self._block = self._block[:4], self._block[4:]
        return int.from_bytes(drawn, "big") / 2**32

    def between(self, low: float, high: float) -> float:
        """Return a number from low up to, not including, high."""
        return low + (high - low) * self.roll()

    def count(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int((high - low + 1) * self.roll())

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[int(len(choices) * self.roll())]
