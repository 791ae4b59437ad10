"""Answers to costly questions: kept for a while, and asked for once however many want them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from techub_common.tasks import end

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recalled(Generic[T]):
    """An answer, and how many seconds old it is."""

    answer: T
    age: float


class Remembering(Generic[T]):
    """Asks, and keeps the answer for `keep` seconds.

    Whoever wants a fresh one gets it when the last is `least` seconds old or older; that is the
    rate: never more than one question in that time. An error is not kept.
    """

    def __init__(
        self,
        question: Callable[[], Awaitable[T]],
        *,
        keep: float,
        least: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._question = question
        self._keep = keep
        self._least = least
        self._clock = clock
        self._last: tuple[T, float] | None = None
        self._asking: asyncio.Task[T] | None = None

    async def recall(self, *, fresh: bool = False) -> Recalled[T]:
        """Return the answer that is kept, or a new one; whoever comes meanwhile waits for it."""
        holds = min(self._least, self._keep) if fresh else self._keep
        if self._last and self._clock() - self._last[1] < holds:
            return self._recalled(self._last)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(_looked_at)
        # Who goes away does not take the answer from the others.
        await asyncio.shield(self._asking)
        assert self._last is not None  # noqa: S101  # the question was answered
        return self._recalled(self._last)

    async def close(self) -> None:
        """End a question that is under way."""
        if self._asking is not None:
            await end([self._asking])

    async def _ask(self) -> T:
        try:
            answer = await self._question()
            self._last = answer, self._clock()
            return answer
        finally:
            self._asking = None

    def _recalled(self, last: tuple[T, float]) -> Recalled[T]:
        answer, at = last
        return Recalled(answer, max(0.0, self._clock() - at))


def _looked_at(asked: asyncio.Task[T]) -> None:
    """Look at an error, which nobody may be left to hear of."""
    if not asked.cancelled():
        asked.exception()
