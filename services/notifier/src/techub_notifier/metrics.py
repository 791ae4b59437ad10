"""How many mails stand in each state that is not the end, and how late the latest one is."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Row, func, select

from techub_common.backlog import EVERY_SECONDS, UNKNOWN
from techub_common.database import Sessions, transaction
from techub_common.errors import Away
from techub_notifier.rules import State
from techub_notifier.tables import DELIVERIES

OPEN: Final = (State.pending, State.gathering, State.parked)


class Mails:
    """Shows the mails by state; every replica shows the same, and NaN without Postgres."""

    def __init__(self, sessions: Sessions, registry: CollectorRegistry) -> None:
        self._sessions = sessions
        self._mails = Gauge(
            "techub_mails", "Mails that are not at their end", ["state"], registry=registry
        )
        self._oldest = Gauge(
            "techub_mail_oldest_seconds", "Age of the oldest unsent mail", registry=registry
        )

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Bring the gauges up to date."""
        counts, oldest = dict.fromkeys(OPEN, UNKNOWN), UNKNOWN
        with suppress(Away):
            rows = {row.state: row for row in await self._read()}
            counts = {state: float(rows[state].mails) if state in rows else 0.0 for state in OPEN}
            oldest = float(rows[State.pending].age) if State.pending in rows else 0.0
        for state, count in counts.items():
            self._mails.labels(state).set(count)
        self._oldest.set(oldest)

    async def _read(self) -> Sequence[Row[str, int, float]]:
        age = func.clock_timestamp() - func.min(DELIVERIES.c.created_at)
        counted = (
            select(
                DELIVERIES.c.state,
                func.count().label("mails"),
                func.extract("epoch", age).label("age"),
            )
            .where(DELIVERIES.c.state.in_(OPEN))
            .group_by(DELIVERIES.c.state)
        )
        async with transaction(self._sessions) as session:
            return (await session.execute(counted)).all()
