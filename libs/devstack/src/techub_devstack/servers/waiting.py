"""Waiting for something to become true, with an end to it."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.01


class NotInTime(RuntimeError):
    """What was waited for did not come."""


async def until(check: Callable[[], T | None], *, within: float, what: str) -> T:
    """Return the first answer of `check` that is neither None nor False."""
    deadline = time.monotonic() + within
    while True:
        found = check()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            message = f"{what}: not within {within:g} s"
            raise NotInTime(message)
        await asyncio.sleep(PAUSE_SECONDS)
