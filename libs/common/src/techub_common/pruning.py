"""What was told and claimed long ago is dropped, a little at a time."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Column, Table, delete, func, select, tuple_
from sqlalchemy.sql import ColumnElement

from techub_common.database import Sessions, transaction
from techub_common.errors import Away

log = structlog.get_logger()

# A run is open for a day at most and its facts are kept for 14 more; the claim of a fact outlives
# every way of hearing it again: 14 days in EVENTS, then 30 in DEAD.
TOLD_KEPT: Final = timedelta(days=15)
CLAIMS_KEPT: Final = timedelta(days=45)
BATCH: Final = 1000
EVERY_SECONDS: Final = 3600.0


class Pruning:
    """Looks after the outbox and the inbox of one schema; replicas share the work."""

    def __init__(self, sessions: Sessions, outbox: Table, inbox: Table, batch: int = BATCH) -> None:
        self._sessions = sessions
        self._batch = batch
        self._outbox = outbox
        self._inbox = inbox

    async def run(self) -> None:
        """Prune every hour for ever; while Postgres is away, with the next turn."""
        while True:
            try:
                await self.prune()
            except Away as error:
                log.warning("pruning_waiting", error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def prune(self) -> int:
        """Drop what is past its time, 1,000 rows a transaction; return how many; raise Away."""
        outbox, inbox = self._outbox.c, self._inbox.c
        told = await self._drop(self._outbox, [outbox.id], outbox.told_at, TOLD_KEPT)
        claimed = await self._drop(
            self._inbox, [inbox.consumer, inbox.event_id], inbox.claimed_at, CLAIMS_KEPT
        )
        if told or claimed:
            log.info("rows_pruned", told=told, claimed=claimed)
        return told + claimed

    async def _drop(
        self, table: Table, key: Sequence[Column[Any]], since: Column[Any], kept: timedelta
    ) -> int:
        past: ColumnElement[bool] = since < func.now() - kept
        some = select(*key).where(past).limit(self._batch).with_for_update(skip_locked=True)
        dropped = 0
        while True:
            async with transaction(self._sessions) as session:
                gone = await session.execute(
                    delete(table).where(tuple_(*key).in_(some)).returning(key[0])
                )
                count = len(gone.all())
            dropped += count
            if count < self._batch:
                return dropped
