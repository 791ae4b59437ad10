"""The sweep: every few seconds, in one replica at a time, what was lost is told again."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from sqlalchemy import text

from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.assets import degrade
from techub_api.runs.beginning import begin
from techub_api.runs.closing import close, states_of
from techub_api.runs.locking import lock_run
from techub_api.runs.status import Status
from techub_api.schema import OUTBOX
from techub_api.sweep.queries import newest_tells, next_in_line, open_runs, owed_events
from techub_api.sweep.road import state_of
from techub_api.sweep.watching import Told, Verdict, Watch
from techub_common.database import transaction
from techub_common.errors import Away
from techub_common.events import FROM_OUTSIDE, RunError
from techub_common.outbox import tell_again
from techub_common.streams import heal

log = structlog.get_logger()

ADVISORY_LOCK: Final = 7_236_002
LONGEST_RUN: Final = timedelta(hours=24)

DEADLINE = RunError(
    stage="pipeline", code="deadline", message="Nothing moved any more, so the run was ended."
)


Steady = Callable[[], float]


class Sweep:
    """Keeps what it has seen of each told fact between two passes; losing it only delays."""

    def __init__(
        self, resources: Resources, js: JetStreamContext, steady: Steady = time.monotonic
    ) -> None:
        self._resources = resources
        self._js = js
        self._steady = steady
        self._watches: dict[tuple[UUID, int], Watch] = {}
        self._moving: dict[UUID, float] = {}

    async def run(self) -> None:
        """Pass for ever; while Postgres or JetStream is away, wait for the next turn."""
        while True:
            try:
                await self.pass_once()
            except Away as error:
                log.warning("sweep_waiting", error=str(error))
            await asyncio.sleep(self._resources.settings.sweep_seconds)

    async def pass_once(self) -> None:
        """Heal the road, tell again what was lost, end what stands still, admit; raise Away."""
        async with transaction(self._resources.sessions) as session:
            turn = text("SELECT pg_try_advisory_xact_lock(:key)")
            if not await session.scalar(turn, {"key": ADVISORY_LOCK}):
                return
            await self._heal()
            waiting = await self._tell_again()
            await self._end_what_stands_still(waiting)
            await self._admit()

    async def _heal(self) -> None:
        settings = self._resources.settings
        try:
            made = await heal(
                self._js, ack_wait=settings.ack_wait_seconds, replicas=settings.stream_replicas
            )
        except (NatsError, TimeoutError) as error:
            message = f"JetStream does not answer: {type(error).__name__}"
            raise Away(message) from error
        if made:
            log.warning("road_healed", made=made)

    async def _tell_again(self) -> set[UUID]:
        """Tell again what was lost; return the runs of which something is still on its way."""
        async with transaction(self._resources.sessions) as session:
            owed = await owed_events(session)
            rows = await newest_tells(session, owed)
            road = await state_of(self._js)
            now = self._steady()
            waiting = set()
            watches: dict[tuple[UUID, int], Watch] = {}
            for row in rows:
                key = (row.event_id, row.tell)
                watch = watches[key] = self._watches.get(key) or Watch()
                told = Told(row.subject, row.stream_sequence, row.tell, row.told_at)
                verdict = watch.observe(told, road, now)
                if verdict is Verdict.waiting:
                    waiting.add(row.run_id)
                elif verdict is Verdict.lost and await tell_again(session, OUTBOX, row):
                    log.warning(
                        "event_told_again",
                        run_id=str(row.run_id),
                        subject=row.subject,
                        tell=row.tell + 1,
                    )
        self._watches = watches
        self._resources.outbox.committed.set()
        return waiting

    async def _end_what_stands_still(self, waiting: set[UUID]) -> None:
        async with transaction(self._resources.sessions) as session:
            runs = await open_runs(session)
        now = self._steady()
        moving: dict[UUID, float] = {}
        for run_id, progress, created, clock in runs:
            seen = now if run_id in waiting else self._moving.get(run_id)
            if seen is not None:
                moving[run_id] = seen
            still = min((clock - progress).total_seconds(), now - seen if seen else float("inf"))
            limit = self._resources.settings.pipeline_deadline_seconds
            if still > limit or clock - created > LONGEST_RUN:
                await self._end(run_id, progress)
        self._moving = moving

    async def _admit(self) -> None:
        """Let bulk runs begin, the oldest first, as far as people's runs leave places."""
        places = self._resources.settings.bulk_runs
        async with transaction(self._resources.sessions) as session:
            admitted = await next_in_line(session, places)
        for run_id in admitted:
            async with transaction(self._resources.sessions) as session:
                run = await lock_run(session, run_id)
                if Status(run.status) is Status.queued:
                    profile = await session.get_one(Profile, run.profile_id)
                    await begin(session, self._resources.outbox, run, profile)

    async def _end(self, run_id: UUID, progress: datetime) -> None:
        """Close the run: partial when it recorded a picture, else a failure."""
        async with transaction(self._resources.sessions) as session:
            run = await lock_run(session, run_id)
            if not Status(run.status).is_open or run.last_progress_at > progress:
                return
            log.warning("run_overdue", run_id=str(run_id), login=run.login)
            states = states_of(run)
            recorded = "recorded" in (states[kind] for kind in states if kind not in FROM_OUTSIDE)
            degrade(run, {"stage": "pipeline", "reason": DEADLINE.message})
            status, error = (
                (Status.partial_success, None) if recorded else (Status.failure, DEADLINE)
            )
            await close(session, self._resources.outbox, run, status, error)
