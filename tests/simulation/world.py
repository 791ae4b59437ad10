"""A virtual clock, processes that can die at every step, and chance that a seed repeats."""

import heapq
import random
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from techub_common.errors import Away

HOUR = 3600.0
END = 72 * HOUR
LONGEST_PAUSE = 1800.0
"""A process may stand still for so long, between any two steps."""


class Violation(AssertionError):
    """Something that must never be was seen."""


class Step:
    """A moment at which others go on and a process may die; it lasts `seconds`."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        """Hand over to the scheduler."""
        yield self.seconds


@dataclass(slots=True)
class Process:
    """Something that is killed as a whole and started again."""

    name: str
    main: Callable[["Process"], list[Coroutine[Any, Any, None]]]
    mortal: bool = True
    life: int = 0
    tasks: set["Task"] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Task:
    """One coroutine of a process, in a context of its own."""

    process: Process
    life: int
    work: Coroutine[Any, Any, None]
    context: Context


class World:
    """Lets everybody go on, one step at a time, in an order that chance decides."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = 0.0
        self.heals_at = self.rng.choice(
            (600.0, 600.0, 1200.0, 2 * HOUR, 2 * HOUR, 12 * HOUR, 40 * HOUR)
        )
        self.crash_rate = self.rng.choice((0.0, 0.002, 0.01, 0.03))
        self.pause_rate = self.rng.choice((0.0, 0.0, 0.002, 0.01))
        self.away_rate = self.rng.choice((0.0, 0.01, 0.05))
        self.over = False
        self.crashes = 0
        self._count = 0
        self._heap: list[tuple[float, int, Task | Callable[[], None]]] = []

    def uuid(self) -> UUID:
        """Return an id that the seed repeats."""
        return UUID(int=self.rng.getrandbits(128), version=4)

    def chance(self, probability: float) -> bool:
        """Return true so often while there is trouble; never once it is over."""
        return self.now < self.heals_at and self.rng.random() < probability

    def step(self, seconds: float = 0.0) -> Step:
        """Return a step that lasts a little longer than `seconds`."""
        return Step(seconds + self.rng.random() * 0.02)

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something that belongs to no process."""
        self._push(self.now + seconds, work)

    def start(self, process: Process) -> None:
        """Start a process, or start it again."""
        process.life += 1
        for work in process.main(process):
            self.spawn(process, work)

    def spawn(self, process: Process, work: Coroutine[Any, Any, None]) -> None:
        """Add a coroutine to a process that runs."""
        task = Task(process, process.life, work, copy_context())
        process.tasks.add(task)
        self._push(self.now + self.rng.random() * 0.01, task)

    def kill(self, process: Process) -> None:
        """End a process where it stands; it is started again after a while."""
        self.crashes += 1
        process.life += 1
        for task in process.tasks:
            task.context.run(task.work.close)
        process.tasks.clear()
        self.later(self.rng.uniform(0.5, 20.0), lambda: self.start(process))

    async def until_back(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do what the road does: try again in place for as long as something of ours is away."""
        pause = 0.5
        while True:
            try:
                return await work()
            except Away:
                await self.step(pause)
                pause = min(10.0, pause * 2)

    def run(self) -> None:
        """Go on until everything is over, or for 72 hours."""
        while self._heap and not self.over:
            at, _, what = heapq.heappop(self._heap)
            if at > END:
                return
            self.now = at
            if isinstance(what, Task):
                self._go_on(what)
            else:
                what()

    def close(self) -> None:
        """Close what is still open, so that nothing is left to the collector."""
        for _, _, what in self._heap:
            if isinstance(what, Task):
                what.context.run(what.work.close)

    def _go_on(self, task: Task) -> None:
        process = task.process
        if task.life != process.life:
            return
        if process.mortal and self.chance(self.crash_rate):
            self.kill(process)
            return
        try:
            seconds = task.context.run(task.work.send, None)
        except StopIteration:
            process.tasks.discard(task)
            return
        if self.pause_rate and self.chance(self.pause_rate):
            seconds += self.rng.uniform(0, LONGEST_PAUSE)
        self._push(self.now + seconds, task)

    def _push(self, at: float, what: Task | Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, what))
