"""Probes: now and then every replica is asked how it is, and operators are told of what changed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.doctor.rules import Judged, Name, Standing, in_doubt, judged, outlived
from techub_api.doctor.tables import Health, Probe, ProbeFinding
from techub_api.resources import Resources
from techub_common.database import transaction
from techub_common.doctor import Report, worst
from techub_common.errors import Away
from techub_common.events import HealthChange, HealthChanged
from techub_common.outbox import Outbox

log = structlog.get_logger()

ADVISORY_LOCK: Final = 7_236_011
KEPT: Final = timedelta(days=14)
SOON_SECONDS: Final = 30.0
"""A probe that contradicts what is known is repeated after so long, to be sure."""

ALMOST: Final = 0.9
"""Replicas wake at different times; whose last probe is younger than this share leaves it."""

MOST_CHANGES: Final = 40

AskEverybody = Callable[[], Awaitable[Sequence[Report]]]


class Probes:
    """Asks every `PROBE_SECONDS`, in one replica at a time."""

    def __init__(self, resources: Resources, ask: AskEverybody) -> None:
        self._resources = resources
        self._ask = ask
        self._pause = min(SOON_SECONDS, resources.settings.probe_seconds)

    async def run(self) -> None:
        """Probe for ever; while Postgres or NATS is away, wait for the next turn."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.turn()
            except Away as error:
                log.warning("probe_waiting", error=str(error))

    async def turn(self) -> None:
        """Probe and prune, unless another replica does, or has just done so; raise Away."""
        every = self._resources.settings.probe_seconds
        async with transaction(self._resources.sessions) as session:
            turn = text("SELECT pg_try_advisory_xact_lock(:key)")
            if not await session.scalar(turn, {"key": ADVISORY_LOCK}):
                return
            self._pause = min(SOON_SECONDS, every) if await _doubted(session) else every
            if await _probed_within(session, ALMOST * self._pause):
                return
            judgements = await self.probe()
            self._pause = min(SOON_SECONDS, every) if in_doubt(judgements) else every
            await session.execute(delete(Probe).where(Probe.at < func.now() - KEPT))

    async def probe(self) -> Mapping[Name, Judged]:
        """Ask everybody, keep what they found, tell what has changed; raise Away."""
        started = time.monotonic()
        reports = await self._ask()
        took = round((time.monotonic() - started) * 1000)
        async with transaction(self._resources.sessions) as session:
            return await keep(session, self._resources.outbox, reports, took)


async def keep(
    session: AsyncSession, outbox: Outbox, reports: Sequence[Report], duration_ms: int
) -> Mapping[Name, Judged]:
    """Keep a probe with its findings and what follows for each check, and tell what is news.

    All in the caller's transaction, so that a change is told once.
    """
    state = worst(report.state for report in reports)
    values = {"state": state, "duration_ms": duration_ms}
    made = await session.execute(insert(Probe).values(values).returning(Probe.id, Probe.at))
    probe, now = made.one()
    rows = [
        finding.model_dump()
        | {
            "probe_id": probe,
            "service": report.service,
            "replica": report.replica,
            "version": report.version,
            "place": place,
        }
        for report in reports
        for place, finding in enumerate(report.findings)
    ]
    if rows:
        # a replica that names two findings alike keeps the first
        await session.execute(upsert(ProbeFinding).values(rows).on_conflict_do_nothing())
    known = {(row.service, row.name): row for row in await session.scalars(select(Health))}
    for name in outlived(reports, known):
        await session.delete(known.pop(name))
    since = {name: row.since for name, row in known.items()}
    judgements = judged(reports, {name: _standing(row) for name, row in known.items()})
    for name, one in judgements.items():
        _stand(session, known, name, one, now)
    failing = sum(row.state == "fail" for row in known.values())
    if news := {name: one for name, one in judgements.items() if one.is_news}:
        outbox.tell(session, _told(probe, now, news, since, failing))
    log.info("probe_kept", probe=probe, state=state, duration_ms=duration_ms, findings=len(rows))
    return judgements


def _standing(row: Health) -> Standing:
    return Standing("fail" if row.state == "fail" else "ok", row.doubts)


def _stand(
    session: AsyncSession, known: dict[Name, Health], name: Name, one: Judged, now: datetime
) -> None:
    """Bring the check's row up to date, or make one."""
    row = known.get(name)
    if row is None:
        row = known[name] = Health(service=name[0], name=name[1], state="ok", since=now)
        session.add(row)
    row.doubts = one.standing.doubts
    if row.state != one.standing.state:
        row.state, row.since = one.standing.state, now


def _told(
    probe: int,
    at: datetime,
    news: Mapping[Name, Judged],
    since: Mapping[Name, datetime],
    failing: int,
) -> HealthChanged:
    """Return the fact that tells of everything that is news, what fails first."""
    changes = [
        HealthChange(
            service=service,
            check=check,
            state=one.standing.state,
            seen=one.finding.seen,
            todo=one.finding.todo,
            since=since.get((service, check)),
        )
        for (service, check), one in sorted(news.items(), key=_what_fails_first)
    ]
    for change in changes:
        log.warning("health_changed", check=f"{change.service} {change.check}", to=change.state)
    return HealthChanged(
        run_id=uuid5(NAMESPACE_URL, f"techub:probe:{probe}:{at.isoformat()}"),
        login="-",
        probe=probe,
        changes=tuple(changes[:MOST_CHANGES]),
        failing=failing,
        more=max(0, len(changes) - MOST_CHANGES),
    )


def _what_fails_first(named: tuple[Name, Judged]) -> tuple[bool, Name]:
    name, one = named
    return one.standing.state != "fail", name


async def _doubted(session: AsyncSession) -> bool:
    return bool(await session.scalar(select(func.count()).where(Health.doubts > 0)))


async def _probed_within(session: AsyncSession, seconds: float) -> bool:
    lately = Probe.at > func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return bool(await session.scalar(select(func.count()).where(lately)))
