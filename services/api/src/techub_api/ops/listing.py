"""The list of runs: one page of it by a key, how many there are, and how they went by the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.ops.filters import SMOOTH, STATUSES, Filter
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run, Step

PER_PAGE: Final = 50
MOST_COUNTED: Final = 20_000
HOURS: Final = 24
HOUR: Final = timedelta(hours=1)
_SHOWN: Final = (
    Run.id,
    Run.number,
    Run.login,
    Run.status,
    Run.trigger,
    Run.bulk,
    Run.options["recipe"].astext.label("recipe"),
    Run.parent_run_id,
    Run.error,
    Run.degradations,
    Run.created_at,
    Run.started_at,
    Run.finished_at,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One run of the list; times in milliseconds, `stands` are the steps it is at or fell over."""

    run_id: UUID
    number: int
    login: str
    status: str
    trigger: str
    bulk: bool
    recipe: str | None
    is_retry: bool
    created_at: datetime
    waited_ms: int | None
    ran_ms: int | None
    code: str | None
    stands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page, newest first; `newer` and `older` are the keys of its neighbours."""

    lines: Sequence[Line]
    newer: int | None
    older: int | None


@dataclass(frozen=True, slots=True)
class Hour:
    """How the runs asked for in one hour stand."""

    begins: datetime
    counts: Mapping[str, int]


async def database_time(session: AsyncSession) -> datetime:
    """Return the database's time, by which runs are dated."""
    [[now]] = await session.execute(select(func.clock_timestamp()))
    moment: datetime = now
    return moment


async def page_of_runs(
    session: AsyncSession,
    chosen: Filter,
    now: datetime,
    *,
    before: int | None = None,
    after: int | None = None,
) -> Listed:
    """Return the page of runs older than `before` or newer than `after`, in two reads."""
    wanted = select(*_SHOWN).where(*chosen.conditions(now))
    if after is not None:
        wanted = wanted.where(Run.number > after).order_by(Run.number)
    else:
        wanted = wanted.order_by(Run.number.desc())
        if before is not None:
            wanted = wanted.where(Run.number < before)
    rows = list(await session.execute(wanted.limit(PER_PAGE + 1)))
    more, rows = len(rows) > PER_PAGE, rows[:PER_PAGE]
    if after is not None:
        rows.reverse()
    stands = await _stands(session, [row.id for row in rows])
    lines = [_line(row, stands.get(row.id, ()), now) for row in rows]
    has_newer = more if after is not None else before is not None
    has_older = more if after is None else True
    return Listed(
        lines,
        newer=lines[0].number if lines and has_newer else None,
        older=lines[-1].number if lines and has_older else None,
    )


async def summary_of(
    session: AsyncSession, chosen: Filter, now: datetime
) -> tuple[Mapping[str, int], list[Hour]]:
    """Return status → how many runs fit, and how those of the last day stand, by the hour.

    Counts are of every status, whatever status is asked for, among the newest 20,000 that fit the
    rest: what a page costs does not grow with the table. One pass, over an index alone where
    nothing but status, trigger and time is asked for.
    """
    newest = (
        select(Run.created_at, Run.status)
        .where(*chosen.conditions(now, any_status=True))
        .order_by(Run.created_at.desc())
        .limit(MOST_COUNTED)
        .subquery()
    )
    first = now.replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * HOUR
    beginning = literal(first, DateTime(timezone=True))
    asked_at = newest.c.created_at
    hour = case((asked_at >= beginning, func.date_bin(HOUR, asked_at, beginning))).label("hour")
    rows = await session.execute(
        select(hour, newest.c.status, func.count()).group_by("hour", newest.c.status)
    )
    counts = dict.fromkeys(STATUSES, 0)
    by_hour: dict[datetime, dict[str, int]] = {first + n * HOUR: {} for n in range(HOURS)}
    for begins, status, count in rows:
        counts[status] += count
        if begins is not None:
            by_hour.setdefault(begins, {})[status] = count
    return counts, [Hour(begins, counted) for begins, counted in sorted(by_hour.items())]


async def _stands(session: AsyncSession, run_ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, ...]]:
    """Return the steps that are neither done nor left out, in their order."""
    rows = await session.execute(
        select(Step.run_id, Step.name)
        .where(Step.run_id.in_(run_ids), Step.status.not_in(SMOOTH))
        .order_by(Step.position)
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for run_id, name in rows:
        found[run_id] = (*found.get(run_id, ()), name)
    return found


def _line(row: Any, stands: tuple[str, ...], now: datetime) -> Line:  # noqa: ANN401  # a row
    ended = row.finished_at or (now if row.status in OPEN else row.created_at)
    return Line(
        run_id=row.id,
        number=row.number,
        login=row.login,
        status=row.status,
        trigger=row.trigger,
        bulk=row.bulk,
        recipe=row.recipe,
        is_retry=row.parent_run_id is not None,
        created_at=row.created_at,
        waited_ms=_ms((row.started_at or ended) - row.created_at),
        ran_ms=_ms(ended - row.started_at) if row.started_at else None,
        code=row.error["code"] if row.error else None,
        stands=stands,
    )


def _ms(length: timedelta) -> int:
    return max(0, round(length.total_seconds() * 1000))
