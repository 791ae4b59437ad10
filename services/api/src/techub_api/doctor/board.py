"""What the page shows of a probe: every check at its worst, who found it, and how it has been."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from techub_api.doctor.queries import Moment, Probed
from techub_api.doctor.rules import Name
from techub_common.asks import EXAMINE
from techub_common.doctor import Finding, Report, State, worst

BARS: Final = 48
WIDTH: Final = 4
STALE_AFTER: Final = 3.0
"""So many times the usual pause without a probe: nobody probes any more."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How a check was in a part of the time, at its worst."""

    x: int
    state: State
    since: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One check of a service: its worst finding, whose it is, since when it fails."""

    finding: Finding
    replicas: Sequence[str]
    bars: Sequence[Bar]
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceShown:
    """One service: every check once, and every replica as it answered."""

    name: str
    state: State
    rows: Sequence[Row]
    reports: Sequence[Report]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything of a probe, the service that is worst first."""

    services: Sequence[ServiceShown]
    at: datetime
    is_stale: bool
    failing: int
    warning: int
    hours: int

    @property
    def width(self) -> int:
        """Return the width of the bars, in units of the view box."""
        return BARS * WIDTH


@dataclass(frozen=True, slots=True)
class Past:
    """How checks were, and since when those fail that fail, from one moment to another."""

    moments: Mapping[Name, Sequence[Moment]]
    failing_since: Mapping[Name, datetime]
    hours: int
    now: datetime

    @property
    def begins(self) -> datetime:
        """Return from when on it is looked at."""
        return self.now - timedelta(hours=self.hours)


def board_of(probed: Probed, past: Past, every: float) -> Board:
    """Return the board of a probe and of what came before it; `every` so many seconds is usual."""
    shown = {name: [one for one in probed.reports if one.service == name] for name in EXAMINE}
    services = [_service(name, reports, past) for name, reports in shown.items() if reports]
    services.sort(key=lambda service: list(State).index(service.state), reverse=True)
    states = [row.finding.state for service in services for row in service.rows]
    return Board(
        services=services,
        at=probed.at,
        is_stale=not every or (past.now - probed.at).total_seconds() > STALE_AFTER * every,
        failing=states.count(State.fail),
        warning=states.count(State.warn),
        hours=past.hours,
    )


def _service(name: str, reports: Sequence[Report], past: Past) -> ServiceShown:
    checks = dict.fromkeys(finding.name for report in reports for finding in report.findings)
    rows = [
        Row(
            finding=found,
            replicas=whose,
            bars=bars_of(past.moments.get((name, check), ()), past.begins, past.now),
            failing_since=past.failing_since.get((name, check)),
        )
        for check in checks
        for found, whose in [_worst(check, reports)]
    ]
    return ServiceShown(name, worst(report.state for report in reports), rows, reports)


def _worst(check: str, reports: Sequence[Report]) -> tuple[Finding, list[str]]:
    """Return the worst finding of a check, and the replicas that are in this state."""
    found = [
        (report.replica, finding)
        for report in reports
        for finding in report.findings
        if finding.name == check
    ]
    state = worst(finding.state for _, finding in found)
    alike = [(replica, finding) for replica, finding in found if finding.state is state]
    return alike[0][1], [replica for replica, _ in alike if replica]


def bars_of(moments: Sequence[Moment], begins: datetime, now: datetime) -> list[Bar]:
    """Return a bar for each part of the time that had a probe, the oldest first."""
    part = (now - begins) / BARS
    worst_in: dict[int, State] = {}
    for moment in moments:
        place = min(BARS - 1, (moment.at - begins) // part)
        if place >= 0:
            worst_in[place] = worst((worst_in.get(place, State.ok), moment.state))
    return [
        Bar(place * WIDTH, state, begins + place * part)
        for place, state in sorted(worst_in.items())
    ]
