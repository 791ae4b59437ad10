"""Writes a run's story: its steps as they stand, and one entry for every change."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, Text, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.runs.tables import Entry, Run, Step
from techub_common.database import put_off

CHANNEL: Final = "techub_runs"
_SETTLED: Final = frozenset({"completed", "degraded", "failed", "skipped"})


async def write_step(  # noqa: PLR0913  # a step has this many columns
    session: AsyncSession,
    run: Run,
    name: str,
    status: str,
    *,
    attempt: int = 1,
    started_at: datetime | None = None,
    duration_ms: int | None = None,
    message: str | None = None,
    code: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Bring the step up to date and add an entry when its status changed.

    A settled step is not opened again. The run is locked by the caller, so a run's entries are
    numbered in the order they commit.
    """
    step = run.steps.get(name)
    now = await clock(session)
    if step is None:
        step = Step(run_id=run.id, name=name, status="", queued_at=now, attempts=0, detail={})
        run.steps[name] = step
    elif step.status in _SETTLED and status not in _SETTLED:
        return
    changed = status != step.status or status == "retrying"
    step.status = status
    step.attempts = max(step.attempts, attempt if status != "waiting" else 0)
    step.started_at = step.started_at or started_at
    step.message = message if message is not None else step.message
    step.code = code or (None if status == "completed" else step.code)
    step.detail = {**step.detail, **(detail or {})}
    if status in _SETTLED:
        step.finished_at = step.finished_at or now
        step.duration_ms = duration_ms if duration_ms is not None else step.duration_ms
    run.last_progress_at = now
    if changed:
        line = {"step": name, "status": status, "attempt": attempt, "duration_ms": duration_ms}
        write_entry(session, run, "step", line | {"message": message, "code": code})


def write_entry(session: AsyncSession, run: Run, kind: str, data: dict[str, Any]) -> None:
    """Add a line to the run's story and wake whoever follows it once this commits."""
    put_off(session, _write_entries, {"run_id": run.id, "kind": kind, "data": data})


async def _write_entries(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(Entry), rows)
    grown = sorted({str(row["run_id"]) for row in rows})
    wake = func.pg_notify(CHANNEL, func.unnest(literal(grown, ARRAY(Text()))))
    await session.execute(select(wake))


async def clock(session: AsyncSession) -> datetime:
    """Return the database's time, read once per transaction."""
    if "clock" not in session.info:
        it_is(session, await session.scalar(func.clock_timestamp().select()))
    now: datetime = session.info["clock"]
    return now


def it_is(session: AsyncSession, now: datetime | None) -> None:
    """Set what `clock` returns: the database's time, read beside something else."""
    session.info["clock"] = now
