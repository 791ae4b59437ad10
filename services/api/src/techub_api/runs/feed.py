"""Wakes whoever follows a run when a line of its story has committed, in whichever replica."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import make_url

from techub_api.runs.story import CHANNEL

log = structlog.get_logger()

POLL_SECONDS: Final = 2.0


class Feed:
    """Listens to Postgres once per process; followers also look by themselves every 2 s."""

    def __init__(self, url: str) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(False)
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._watchers: set[asyncio.Event] = set()

    async def run(self) -> None:
        """Listen for ever, connecting again whenever the connection is lost."""
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("feed_waiting", error=type(error).__name__)
            await asyncio.sleep(1)

    @asynccontextmanager
    async def follow(self, run_id: UUID) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set whenever the run's story has grown."""
        grown = asyncio.Event()
        self._followers[str(run_id)].add(grown)
        try:
            yield grown
        finally:
            self._followers[str(run_id)].discard(grown)
            if not self._followers[str(run_id)]:
                del self._followers[str(run_id)]

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set whenever the story of any run has grown."""
        grown = asyncio.Event()
        self._watchers.add(grown)
        try:
            yield grown
        finally:
            self._watchers.discard(grown)

    async def _listen(self) -> None:
        lost = asyncio.Event()
        connection = await asyncpg.connect(self._dsn, timeout=5)
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(CHANNEL, self._wake)
            await lost.wait()
        finally:
            await connection.close(timeout=1)

    def _wake(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        for grown in (*self._followers.get(str(payload), ()), *self._watchers):
            grown.set()


async def grown_or_late(grown: asyncio.Event) -> None:
    """Return when the story has grown, or after 2 s in case the news was lost."""
    with suppress(TimeoutError):
        async with asyncio.timeout(POLL_SECONDS):
            await grown.wait()
    grown.clear()
