"""Sends what is due as slots become free; any number of senders share one table."""

import asyncio
from functools import partial
from typing import Final

from techub_common.delivery import Road
from techub_common.tasks import finish
from techub_notifier.claiming import close_due_digest
from techub_notifier.emails import Letters
from techub_notifier.rows import Store, Took
from techub_notifier.sending import LONGEST_SEND, Mailer, Sending, deliver
from techub_notifier.settling import Settling

SLOTS: Final = 16
POLL_SECONDS: Final = 1.0


class Sender:
    """Takes due mails as slots become free, and freezes digests whose time has come."""

    def __init__(self, store: Store, mailer: Mailer, letters: Letters, road: Road) -> None:
        self._store = store
        self._letters = letters
        self._road = road
        self._sending = Sending(mailer, Settling(store, road).settled, _now)
        self._woken = asyncio.Event()
        self._looked_at = 0.0

    def wake(self) -> None:
        """Look for due mails now instead of at the next second."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever; when cancelled, finish what is on its way and take nothing more."""
        sending: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._woken.clear()
                await self._close_digests()
                took: Took = await self._road.until_back(partial(self._take, _free(sending)))
                for taken in took.taken:
                    sending.add(asyncio.create_task(deliver(taken, _now(), self._sending)))
                if took.wait is not None:  # the provider's pace, not ours, decides when to look
                    await asyncio.sleep(min(took.wait, POLL_SECONDS))
                    sending -= _ended(sending)
                    continue
                sending -= await self._something(sending)
        finally:
            await finish(sending, LONGEST_SEND)

    async def _take(self, free: int) -> Took:
        if not free:
            return Took()
        async with self._store.transaction() as rows:
            return await rows.take(free)

    async def _close_digests(self) -> None:
        if _now() - self._looked_at < POLL_SECONDS:
            return
        while await self._road.until_back(self._close_one):
            pass
        self._looked_at = _now()

    async def _close_one(self) -> bool:
        async with self._store.transaction() as rows:
            return await close_due_digest(rows, self._letters)

    async def _something(self, sending: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Return the tries that ended, once one has, a mail was made or a second is over."""
        waking = asyncio.create_task(self._woken.wait())
        free = {waking} if len(sending) < SLOTS else set()
        try:
            await asyncio.wait(
                {*sending, *free}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waking.cancel()
        return _ended(sending)


def _free(sending: set[asyncio.Task[None]]) -> int:
    """Return how many to take: none until half of the slots are free, so that takes are few."""
    free = SLOTS - len(sending)
    return free if free >= SLOTS // 2 else 0


def _ended(sending: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    ended = {task for task in sending if task.done()}
    for task in ended:
        task.result()
    return ended


def _now() -> float:
    return asyncio.get_running_loop().time()
