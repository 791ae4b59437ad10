"""Keeps one worker at the door, and puts another in its place when a picture was its end."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from techub_common.errors import Permanent, Transient
from techub_optimizer.door.wire import HEAD, packed, unpacked
from techub_optimizer.images.setup import name_of_libvips
from techub_optimizer.images.strangers import Admitted, Shape

log = structlog.get_logger()

START_SECONDS: Final = 20.0
SECONDS: Final = 3.0
TRIES: Final = 2
COMMAND: Final = (sys.executable, "-I", "-m", "techub_optimizer.door.worker")
ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1"}  # nothing of ours: it may hold secrets


class WorkerDied(Exception):
    """The worker ended, or had to be ended, over a picture."""


class Worker:
    """One process; after WorkerDied it is of no more use."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def asked(self, shape: Shape, content: bytes) -> tuple[str, bytes]:
        """Return what it says of a picture; raise WorkerDied."""
        if self.process.stdin is not None:
            self.process.stdin.write(packed(shape, content))
        return await self.heard(SECONDS)

    async def heard(self, seconds: float) -> tuple[str, bytes]:
        """Return the next thing it says; raise WorkerDied."""
        output = self.process.stdout
        if output is None:
            raise WorkerDied
        try:
            async with asyncio.timeout(seconds):
                word, length = unpacked(await output.readexactly(HEAD.size))
                return word, await output.readexactly(length)
        except TimeoutError as error:
            message = f"it took longer than {seconds:g} s"
            raise WorkerDied(message) from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            message = "the decoder died of it"
            raise WorkerDied(message) from error

    async def end(self) -> None:
        """Return when the process is gone."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self.process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # else its pipes stay


class Door:
    """Lets pictures in, one at a time."""

    provider = "vips"

    def __init__(self) -> None:
        self.name = name_of_libvips()
        self._worker: Worker | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Return the process id of the worker, None while there is none."""
        return self._worker.process.pid if self._worker else None

    async def admit(self, content: bytes, shape: Shape) -> Admitted:
        """Return the picture made anew; raise Permanent `picture_refused`.

        A worker that dies may have been ended by somebody else, so a second one has to try.
        """
        reason = ""
        async with self._one_at_a_time:
            for attempt in range(1, TRIES + 1):
                try:
                    return await self._asked(content, shape)
                except WorkerDied as error:
                    reason = str(error)
                    log.warning("door_worker_died", error=reason, attempt=attempt)
        raise _refused(reason)

    async def open(self) -> Worker:
        """Return a worker that is ready; raise Transient `door_closed`."""
        if self._worker is None:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=ENVIRONMENT,
                start_new_session=True,
            )
            self._worker = Worker(process)
            try:
                await self._worker.heard(START_SECONDS)
            except BaseException as error:
                await self.close()
                if not isinstance(error, WorkerDied):
                    raise
                message = f"no worker can be started for pictures from outside: {error}"
                raise Transient(message, code="door_closed") from error
        return self._worker

    async def close(self) -> None:
        """Return when there is no worker any more."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.end()

    async def _asked(self, content: bytes, shape: Shape) -> Admitted:
        worker = await self.open()
        try:
            word, answer = await worker.asked(shape, content)
        except BaseException:  # whatever it was, an answer may still be on its way
            await self.close()
            raise
        if word == "admitted":
            facts, _, picture = answer.partition(b"\n")
            return Admitted(content=picture, **json.loads(facts))
        raise _refused(answer.decode("utf-8", "replace"))


def _refused(reason: str) -> Permanent:
    return Permanent(f"the picture is refused: {reason}", code="picture_refused")


@asynccontextmanager
async def open_door() -> AsyncIterator[Door]:
    """Yield a door with a worker that is ready; raise Transient `door_closed`."""
    door = Door()
    try:
        await door.open()
        yield door
    finally:
        await door.close()
