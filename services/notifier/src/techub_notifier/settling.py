"""What tries came to is kept together: one transaction for all that end while another is open."""

import asyncio
from collections.abc import Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial

from techub_common import tracing
from techub_common.delivery import Road
from techub_notifier import sending
from techub_notifier.rows import Store, Tried


@dataclass(slots=True)
class _Waiting:
    """A try that waits to be kept; `ours` says whether its lease was ours, once it is."""

    tried: Tried
    span: tracing.Span = field(default_factory=tracing.under_way)
    ours: bool | None = None


class Settling:
    """Keeps what tries came to, all that wait at once, under its maker's name and no mail's."""

    def __init__(self, store: Store, road: Road) -> None:
        self._store = store
        self._road = road
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._service = copy_context()

    async def settled(self, tried: Tried) -> bool:
        """Return whether the lease was still ours, once that is kept; wait while Postgres is away.

        Who is cancelled at it leaves the rest to the next in line.
        """
        mine = _Waiting(tried)
        self._waiting.append(mine)
        async with self._turn:
            if mine.ours is None:
                await self._keep_all()
        return bool(mine.ours)

    async def _keep_all(self) -> None:
        together, self._waiting = self._waiting, []
        try:
            keeping = self._keep(together)
            kept = await asyncio.create_task(keeping, context=self._service.copy())
        except BaseException:
            self._waiting = together + self._waiting
            raise
        for one in together:
            one.ours = one.tried in kept

    async def _keep(self, together: Sequence[_Waiting]) -> Sequence[Tried]:
        tried = [one.tried for one in together]
        with tracing.together("settle mails", [one.span for one in together]):
            kept: Sequence[Tried] = await self._road.until_back(
                partial(sending.settle, self._store, tried)
            )
        return kept
