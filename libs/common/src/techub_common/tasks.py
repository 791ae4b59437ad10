"""Ends tasks for certain: one cancellation is not always enough, and may be one too many."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

AGAIN_SECONDS: Final = 0.5


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel the tasks until each has ended, whatever it ended with.

    Up to Python 3.11 `asyncio.wait_for` swallows a cancellation that arrives in the turn in which
    what it waits for is done (python/cpython#86296), and libraries wait with it: a loop would go on
    for ever after a single `cancel`.
    """
    open_tasks = {task for task in tasks if not task.done()}
    while open_tasks:
        for task in open_tasks:
            task.cancel()
        _, open_tasks = await asyncio.wait(open_tasks, timeout=AGAIN_SECONDS)


async def finish(tasks: Collection[asyncio.Task[Any]], within: float) -> None:
    """Let the tasks finish within so many seconds, then cancel them.

    For a task's way out: the cancellations with which `end` repeats itself do not cut it short.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    unfinished = {task for task in tasks if not task.done()}
    while unfinished and (left := deadline - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait(unfinished, timeout=left)
        unfinished = {task for task in unfinished if not task.done()}
    await end(unfinished)
