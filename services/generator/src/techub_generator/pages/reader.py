"""Has pages read one at a time, each by a process that ends with it, or is ended."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from techub_common.errors import TecHubError
from techub_generator.outbound import Fetched
from techub_generator.pages.page import Page

log = structlog.get_logger()

SECONDS: Final = 8.0  # four times what the worker may work, for it may have to wait for a processor
COMMAND: Final = (sys.executable, "-I", "-m", "techub_generator.pages.worker")
ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "1"}  # nothing of ours: it may hold secrets

Reads = Callable[[Fetched], Awaitable[Page]]


class Unreadable(TecHubError):
    """The page would take more than a page may, or was the end of the process that read it."""


class PageReader:
    """Reads pages; as one at a time takes memory, whoever comes meanwhile waits."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, fetched: Fetched) -> Page:
        """Return what the page says; raise Unreadable."""
        head = {"url": fetched.url, "content_type": fetched.content_type}
        async with self._one_at_a_time:
            said = await self._said(json.dumps(head).encode() + b"\n" + fetched.content)
        document = json.loads(said)
        return Page(**{**document, "links": tuple(document["links"])})

    async def _said(self, given: bytes) -> bytes:
        worker = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(SECONDS):
                said, _ = await worker.communicate(given)
        except TimeoutError as error:
            message = f"reading it took longer than {SECONDS:g} s"
            raise Unreadable(message) from error
        finally:
            await _ended(worker)
        if worker.returncode:
            log.warning("page_reader_died", returncode=worker.returncode)
            message = "reading it takes more than a page may"
            raise Unreadable(message)
        return said


async def _ended(worker: Process) -> None:
    """Return when the process is gone."""
    with suppress(ProcessLookupError):
        worker.kill()
    await worker.wait()
    worker._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # else its pipes stay
