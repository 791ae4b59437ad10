"""How much a service has written and not yet told, read every few seconds."""

import asyncio
from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select

from techub_common.database import Sessions, transaction
from techub_common.errors import Away
from techub_common.outbox import Outbox

EVERY_SECONDS: Final = 5.0
UNKNOWN: Final = float("nan")


class Backlog:
    """Shows depth and age of an outbox; while Postgres is away both are unknown (NaN)."""

    def __init__(self, outbox: Outbox, sessions: Sessions, registry: CollectorRegistry) -> None:
        self._table = outbox.table
        self._sessions = sessions
        self._rows = Gauge(
            "techub_outbox_rows", "Facts written and not yet told", registry=registry
        )
        self._oldest = Gauge(
            "techub_outbox_oldest_seconds", "Age of the oldest of them", registry=registry
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Bring both gauges up to date."""
        rows, oldest = UNKNOWN, UNKNOWN
        with suppress(Away):
            rows, oldest = await self._read()
        self._rows.set(rows)
        self._oldest.set(oldest)

    async def _read(self) -> tuple[float, float]:
        age = func.clock_timestamp() - func.min(self._table.c.written_at)
        waiting = select(func.count(), func.extract("epoch", age)).where(
            self._table.c.told_at.is_(None)
        )
        async with transaction(self._sessions) as session:
            rows, oldest = (await session.execute(waiting)).one()
        return float(rows), float(oldest or 0)
