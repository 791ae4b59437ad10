"""Keeps a process that works on pictures small: freed memory goes back to the machine."""

import ctypes
from typing import Final

M_ARENA_MAX: Final = -8


def keep_small() -> None:
    """Make all threads share one heap; to be called before there are any. glibc only."""
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_ARENA_MAX, 1)


def give_back() -> None:
    """Give what is free back to the machine; glibc only."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
