"""A run as a waterfall: a row per step, when it waited, when it worked, and each of its tries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from techub_api.runs.sentences import title_of
from techub_api.runs.tables import Entry, Run, Step

ACROSS: Final = 1000
THINNEST: Final = 2.0
TICKS: Final = 5
UNDER_WAY: Final = frozenset({"started", "retrying", "waiting"})


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the axis, in units of the view box."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Try:
    """One line of the ledger about a step; errors as the machine said them."""

    at: datetime
    status: str
    attempt: int
    duration_ms: int | None
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One step; times in milliseconds."""

    name: str
    title: str
    status: str
    attempts: int
    waited: Span | None
    worked: Span | None
    waited_ms: int | None
    worked_ms: int | None
    code: str | None
    message: str | None
    detail: dict[str, Any]
    tries: tuple[Try, ...]

    @property
    def may_repeat(self) -> bool:
        """Return whether it failed or lost something, so that a retry may be about it."""
        return self.status in {"failed", "degraded"}


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps over one axis that begins when the run was asked for."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    whole_ms: int


def waterfall(
    run: Run, steps: Sequence[Step], entries: Sequence[Entry], now: datetime
) -> Waterfall:
    """Return the run's steps as they lie in time; what goes on ends now."""
    begins = run.created_at
    moments = [moment for step in steps for moment in _moments(step, now)]
    ends = max([run.finished_at or now, *moments])
    whole = max(1.0, (ends - begins).total_seconds() * 1000)
    axis = _Axis(begins, whole)
    tries = _tries(entries)
    bars = tuple(_bar(step, axis, now, tries.get(step.name, ())) for step in steps)
    ticks = tuple(
        (round(ACROSS * place / TICKS, 1), round(whole * place / TICKS)) for place in range(TICKS)
    )
    return Waterfall(bars, ticks, round(whole))


@dataclass(frozen=True, slots=True)
class _Axis:
    begins: datetime
    whole_ms: float

    def span(self, start: datetime | None, end: datetime | None) -> Span | None:
        if start is None or end is None:
            return None
        left = min(ACROSS - THINNEST, max(0.0, self._place(start)))
        right = min(float(ACROSS), self._place(end))
        return Span(round(left, 1), round(max(THINNEST, right - left), 1))

    def _place(self, moment: datetime) -> float:
        return ACROSS * (moment - self.begins).total_seconds() * 1000 / self.whole_ms


def _bar(step: Step, axis: _Axis, now: datetime, tries: tuple[Try, ...]) -> Bar:
    queued, started, ended = _moments_of(step, now)
    waits = queued is not None and started is not None and started > queued
    worked_ms = step.duration_ms
    if worked_ms is None and started is not None and ended is not None:
        worked_ms = _ms(started, ended)
    return Bar(
        name=step.name,
        title=title_of(step.name),
        status=step.status,
        attempts=step.attempts,
        waited=axis.span(queued, started) if waits else None,
        worked=axis.span(started, ended),
        waited_ms=_ms(queued, started) if queued and started else None,
        worked_ms=worked_ms if step.status not in {"waiting", "skipped"} else None,
        code=step.code,
        message=step.message,
        detail=step.detail,
        tries=tries,
    )


def _moments_of(
    step: Step, now: datetime
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """Return when it got in line, when it began, and when it ended or, under way, now.

    Who told how long a step took did not always tell when it began.
    """
    ended = step.finished_at
    started = step.started_at
    if started is None and ended is not None and step.duration_ms is not None:
        started = ended - timedelta(milliseconds=step.duration_ms)
    if step.status == "waiting":
        return step.queued_at, now, now
    if step.status in UNDER_WAY:
        ended = now
    if started is None and ended is not None:
        started = ended
    queued = step.queued_at
    if queued is not None and started is not None and queued > started:
        queued = started
    return queued, started, ended


def _moments(step: Step, now: datetime) -> list[datetime]:
    return [moment for moment in _moments_of(step, now) if moment is not None]


def _tries(entries: Sequence[Entry]) -> dict[str, tuple[Try, ...]]:
    found: dict[str, tuple[Try, ...]] = {}
    for entry in entries:
        if entry.kind != "step":
            continue
        line = entry.data
        told = Try(
            at=entry.at,
            status=str(line.get("status")),
            attempt=int(line.get("attempt") or 1),
            duration_ms=line.get("duration_ms"),
            code=line.get("code"),
            message=line.get("message"),
        )
        name = str(line.get("step"))
        found[name] = (*found.get(name, ()), told)
    return found


def _ms(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))
