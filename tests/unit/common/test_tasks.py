"""A task that is to end does end, even when something in it swallows a cancellation."""

import asyncio
from contextlib import suppress
from typing import Any, cast

import pytest
from sqlalchemy import MetaData

from techub_common import tasks
from techub_common.database import Sessions
from techub_common.outbox import Outbox, PublishesBytes, Relay, outbox_table


class IdleRelay(Relay):
    """A relay for which nothing is ever due."""

    passes = 0

    async def relay_once(self) -> int:
        """Count the pass."""
        self.passes += 1
        return 0


async def deaf(swallowed: list[int]) -> None:
    """Swallow the first cancellation, as a library may, and go on."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    swallowed.append(1)
    await asyncio.sleep(60)


async def test_a_swallowed_cancellation_is_repeated() -> None:
    """`end` returns once the task has ended, not once it was told to."""
    swallowed: list[int] = []
    task = asyncio.create_task(deaf(swallowed))
    await asyncio.sleep(0)

    await tasks.end([task])

    assert swallowed == [1]
    assert task.cancelled()


async def test_a_task_that_fails_while_it_ends() -> None:
    """An error at the end belongs to whoever awaits the task; `end` only waits."""

    async def failing() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise RuntimeError("on the way out")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)

    await tasks.end([task])

    assert isinstance(task.exception(), RuntimeError)


async def test_what_is_finished_on_the_way_out_is_not_cut_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A loop that lets its work finish when it is cancelled may do so, however often it is."""
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.0)
    gate, done = asyncio.Event(), asyncio.Event()
    cancelled: list[int] = []

    async def work() -> None:
        await gate.wait()
        done.set()

    class Watched(asyncio.Task[None]):
        def cancel(self, msg: Any = None) -> bool:
            cancelled.append(1)
            if len(cancelled) == 3:
                gate.set()
            return super().cancel(msg)

    async def sending() -> None:
        worker = asyncio.create_task(work())
        try:
            await asyncio.sleep(60)
        finally:
            await tasks.finish([worker], 60)

    task = Watched(sending())
    await asyncio.sleep(0)
    await tasks.end([task])

    assert done.is_set()
    assert task.cancelled()


async def test_what_does_not_finish_is_cancelled() -> None:
    """Past the time allowed the work is cancelled, and has ended when `finish` returns."""
    worker = asyncio.create_task(asyncio.sleep(60))
    await tasks.finish([worker], 0.01)

    assert worker.cancelled()


async def test_a_relay_ends_though_something_was_just_committed() -> None:
    """A commit and the end of the process in the same turn: the relay ends at once."""
    outbox = Outbox(outbox_table(MetaData()), "/services/api")
    nothing = cast(Any, None)
    relay = IdleRelay(outbox, cast(Sessions, nothing), cast(PublishesBytes, nothing))
    task = asyncio.create_task(relay.run())
    while not relay.passes:
        await asyncio.sleep(0)
    await asyncio.sleep(0)

    outbox.committed.set()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=1)

    assert task.cancelled()
