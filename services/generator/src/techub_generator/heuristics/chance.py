"""Picks that look like luck and are fate: one login, one outcome, everywhere and for ever."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def draw(login: str, what: str, sides: int) -> int:
    """Return a number from 0 to `sides` - 1 that belongs to this login and this question."""
    digest = blake2b(f"{login.lower()}\n{what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % sides


def pick(login: str, what: str, options: Sequence[T]) -> T:
    """Return one of the options, each as likely as the others."""
    return options[draw(login, what, len(options))]


def weighted(login: str, what: str, weights: Mapping[T, int]) -> T:
    """Return one of the keys, each as likely as its weight says."""
    left = draw(login, what, sum(weights.values()))
    for option, weight in weights.items():
        left -= weight
        if left < 0:
            return option
    message = "the weights add up to more than their sum"
    raise AssertionError(message)
