"""The refresh: every minute, in one replica at a time, profiles that are due get in line."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select, text

from techub_api.policy.stamping import policy_of
from techub_api.profiles.refreshing import due_profiles, record_day
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.submissions.recipes import REFRESH
from techub_api.submissions.starting import Wanted, open_run
from techub_common.database import transaction
from techub_common.errors import Away, Permanent
from techub_common.events import Notify, Trigger

log = structlog.get_logger()

ADVISORY_LOCK: Final = 7_236_004
PAUSE: Final = 60.0


class Refresh:
    """Asks GitHub again about profiles that are due or stale: no card, no picture, no mail."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._recorded: date | None = None

    async def run(self) -> None:
        """Pass for ever; while Postgres is away, wait for the next turn."""
        while True:
            try:
                await self.pass_once()
            except Away as error:
                log.warning("refresh_waiting", error=str(error))
            await asyncio.sleep(PAUSE)

    async def pass_once(self) -> list[UUID]:
        """Put whoever is due in line and return the runs; another replica's turn is none."""
        stale_after = timedelta(seconds=self._resources.settings.refresh_after_seconds)
        async with transaction(self._resources.sessions) as turn:
            locked = text("SELECT pg_try_advisory_xact_lock(:key)")
            if not await turn.scalar(locked, {"key": ADVISORY_LOCK}):
                return []
            await self._record_day()
            async with transaction(self._resources.sessions) as session:
                due = await due_profiles(session, stale_after)
            runs = [run for one in due if (run := await self._queue(one)) is not None]
        if runs:
            log.info("refresh_queued", count=len(runs))
        return runs

    async def _record_day(self) -> None:
        today = datetime.now(UTC).date()
        if self._recorded == today:
            return
        async with transaction(self._resources.sessions) as session:
            await record_day(session)
        self._recorded = today

    async def _queue(self, profile_id: UUID) -> UUID | None:
        """Return the run that waits in line now; None for a profile that is busy otherwise."""
        async with transaction(self._resources.sessions) as session:
            profile = await session.scalar(
                select(Profile).where(Profile.id == profile_id).with_for_update()
            )
            if profile is None or profile.login is None or not profile.listed:
                return None
            profile.refresh_tried_at = func.now()
            profile.due_at = None
            wanted = Wanted(
                trigger=Trigger.refresh,
                policy=await policy_of(
                    session, self._resources.outbox, self._resources.settings, Notify.none
                ),
                options=REFRESH,
                bulk=True,
            )
            try:
                asked = await open_run(session, self._resources.outbox, profile, wanted)
            except Permanent as error:
                if error.code != "run_open":
                    raise
                return None
        return asked.run_id if asked.created else None
