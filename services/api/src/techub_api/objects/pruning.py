"""Deletes what no row names: public files after a day, what runs left behind after thirty."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import text

from techub_api.objects.forgetting import forget
from techub_api.objects.named import is_named, named_keys
from techub_api.resources import Resources
from techub_common.database import Sessions, transaction
from techub_common.errors import Away
from techub_common.storage import PUBLIC_PREFIXES, WholeStore

log = structlog.get_logger()

ADVISORY_LOCK: Final = 7_236_003
RUNS: Final = "runs/"
EVIDENCE: Final = "debug/"
EVIDENCE_KEPT: Final = timedelta(days=7)
GRACE: Final = timedelta(days=1)
FIRST_AFTER_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much went, or would go."""

    objects: int = 0
    bytes: int = 0


class ObjectPruning:
    """Prunes now and then, in one replica at a time."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def run(self) -> None:
        """Prune for ever; while something of ours is away, wait for the next turn."""
        settings = self._resources.settings
        pause = min(FIRST_AFTER_SECONDS, settings.prune_seconds)
        while True:
            await asyncio.sleep(pause)
            pause = settings.prune_seconds
            try:
                await self._turn(timedelta(days=settings.run_artifacts_days))
            except Away as error:
                log.warning("prune_waiting", error=str(error))

    async def _turn(self, keep_runs: timedelta) -> None:
        async with transaction(self._resources.sessions) as session:
            turn = text("SELECT pg_try_advisory_xact_lock(:key)")
            if not await session.scalar(turn, {"key": ADVISORY_LOCK}):
                return
            await forget(self._resources.objects, self._resources.sessions)
            pruned = await prune(self._resources.objects, self._resources.sessions, keep_runs)
            if pruned.objects:
                log.info("objects_pruned", objects=pruned.objects, bytes=pruned.bytes)


async def prune(
    objects: WholeStore, sessions: Sessions, keep_runs: timedelta, *, really: bool = True
) -> Pruned:
    """Delete what nothing needs and return how much; nothing when not `really`; raise Away.

    A file that was stored again meanwhile, or is named by now, stays: both are asked right before.
    """
    count, size = 0, 0
    async for key, old in _unneeded(objects, sessions, keep_runs):
        entry = await objects.look(key)
        if entry is None or entry.modified > old:
            continue
        async with transaction(sessions) as session:
            if await is_named(session, key):
                continue
        if really:
            await objects.delete(key)
        count, size = count + 1, size + entry.size
    return Pruned(count, size)


async def _unneeded(
    objects: WholeStore, sessions: Sessions, keep_runs: timedelta
) -> AsyncIterator[tuple[str, datetime]]:
    """Give the keys that no row names, and since when they must be there to go."""
    async with transaction(sessions) as session:
        named = await named_keys(session)
    now = datetime.now(UTC)
    ages = dict.fromkeys(PUBLIC_PREFIXES, now - GRACE)
    ages |= {RUNS: now - keep_runs, EVIDENCE: now - EVIDENCE_KEPT}
    for prefix, old in ages.items():
        async for entry in objects.entries(prefix):
            if entry.modified <= old and entry.key not in named:
                yield entry.key, old
