"""What probes have found, as people look at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.doctor.rules import Name
from techub_api.doctor.tables import Health, Probe, ProbeFinding
from techub_common.doctor import Finding, Report, State


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe as it was kept: when, how all was, and what each replica said."""

    at: datetime
    state: State
    duration_ms: int
    reports: Sequence[Report]


@dataclass(frozen=True, slots=True)
class Moment:
    """How a check was in one probe, at its worst over all replicas."""

    at: datetime
    state: State


async def latest(session: AsyncSession) -> Probed | None:
    """Return the newest probe; None where there was none yet. Two reads."""
    probe = await session.scalar(select(Probe).order_by(Probe.id.desc()).limit(1))
    if probe is None:
        return None
    rows = await session.scalars(
        select(ProbeFinding)
        .where(ProbeFinding.probe_id == probe.id)
        .order_by(ProbeFinding.service, ProbeFinding.replica, ProbeFinding.place)
    )
    findings: dict[tuple[str, str, str], list[Finding]] = {}
    for row in rows:
        findings.setdefault((row.service, row.replica, row.version), []).append(_finding(row))
    reports = [
        Report(service=service, replica=replica, version=version, findings=tuple(found))
        for (service, replica, version), found in findings.items()
    ]
    return Probed(probe.at, State(probe.state), probe.duration_ms, reports)


async def history(session: AsyncSession, lately: timedelta) -> Mapping[Name, Sequence[Moment]]:
    """Return how each check was in every probe of so long, the oldest first; one read."""
    severity = func.max(case({"ok": 0, "warn": 1, "fail": 2}, value=ProbeFinding.state))
    rows = await session.execute(
        select(ProbeFinding.service, ProbeFinding.name, Probe.at, severity)
        .join(Probe, Probe.id == ProbeFinding.probe_id)
        .where(Probe.at > func.now() - lately)
        .group_by(Probe.id, Probe.at, ProbeFinding.service, ProbeFinding.name)
        .order_by(Probe.id)
    )
    states = tuple(State)
    moments: dict[Name, list[Moment]] = {}
    for service, name, at, severe in rows:
        moments.setdefault((service, name), []).append(Moment(at, states[severe]))
    return moments


async def failing_since(session: AsyncSession) -> Mapping[Name, datetime]:
    """Return what operators were told fails, and since when; one read."""
    rows = await session.scalars(select(Health).where(Health.state == "fail"))
    return {(row.service, row.name): row.since for row in rows}


def _finding(row: ProbeFinding) -> Finding:
    return Finding(
        name=row.name,
        state=State(row.state),
        duration_ms=row.duration_ms,
        seen=row.seen,
        todo=row.todo,
    )
