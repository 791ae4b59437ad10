"""How many runs are open, and how long the stillest of them has not moved."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Row, func, select

from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run
from techub_common.backlog import UNKNOWN
from techub_common.database import Sessions, transaction
from techub_common.errors import Away

EVERY_SECONDS: Final = 5.0


class OpenRuns:
    """Shows the open runs by status; every replica shows the same, and NaN without Postgres."""

    def __init__(self, sessions: Sessions, registry: CollectorRegistry) -> None:
        self._sessions = sessions
        self._runs = Gauge("techub_open_runs", "Open runs", ["status"], registry=registry)
        self._still = Gauge(
            "techub_open_run_still_seconds",
            "Seconds since the last progress of the running run that moved longest ago",
            registry=registry,
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Bring the gauges up to date."""
        open_runs = dict.fromkeys(OPEN, UNKNOWN)
        still = UNKNOWN
        with suppress(Away):
            rows = {row.status: row for row in await self._read()}
            open_runs = {status: rows[status].runs if status in rows else 0.0 for status in OPEN}
            still = float(rows["running"].still) if "running" in rows else 0.0
        for status, runs in open_runs.items():
            self._runs.labels(status).set(runs)
        self._still.set(still)

    async def _read(self) -> Sequence[Row[str, int, int]]:
        age = func.clock_timestamp() - func.min(Run.last_progress_at)
        counted = (
            select(
                Run.status,
                func.count().label("runs"),
                func.extract("epoch", age).label("still"),
            )
            .where(Run.status.in_(OPEN))
            .group_by(Run.status)
        )
        async with transaction(self._sessions) as session:
            return (await session.execute(counted)).all()
