"""What a retry or a cancellation of many runs would do: found out run by run, changing nothing."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from techub_api.ops.actions import Meant
from techub_api.ops.filters import Filter
from techub_api.ops.listing import database_time
from techub_api.runs.rules import Repeat
from techub_api.runs.status import OPEN, Status
from techub_api.runs.tables import Run
from techub_api.submissions.retrying import to_do
from techub_common.asks import RetryRequest
from techub_common.errors import Permanent

MOST: Final = 2_000
TOGETHER: Final = 200
RETRY: Final = "retry"
RESTART: Final = "restart"
CANCEL: Final = "cancel"
KINDS: Final = (RETRY, RESTART, CANCEL)


async def runs_meant(session: AsyncSession, chosen: Filter) -> tuple[list[UUID], int]:
    """Return the runs that fit, the newest first, up to 2,000, and how many fit in all."""
    wanted = chosen.conditions(await database_time(session))
    fit = await session.scalar(select(func.count()).select_from(Run).where(*wanted))
    newest = select(Run.id).where(*wanted).order_by(Run.number.desc()).limit(MOST)
    return list(await session.scalars(newest)), fit or 0


async def what_would_be(session: AsyncSession, kind: str, run_ids: Sequence[UUID]) -> list[Meant]:
    """Return what would be done to each of the runs; the same that is done once it is confirmed."""
    meant: list[Meant] = []
    seen: set[UUID] = set()
    for begin in range(0, len(run_ids), TOGETHER):
        some = run_ids[begin : begin + TOGETHER]
        runs = await _runs(session, some)
        busy = await _busy(session, {run.profile_id for run in runs.values()})
        for run_id in some:
            if (run := runs.get(run_id)) is None:
                continue
            if kind == CANCEL:
                meant.append(_canceled(run))
            elif run.profile_id in seen:
                note = "a newer run of the same profile is in this list"
                meant.append(Meant(run.id, note, refused=True))
            else:
                meant.append(await _repeated(session, run, kind, busy.get(run.profile_id)))
                seen |= set() if meant[-1].refused else {run.profile_id}
        session.expunge_all()
    return meant


async def _repeated(session: AsyncSession, run: Run, kind: str, other: UUID | None) -> Meant:
    if other is not None and other != run.id:
        return Meant(run.id, f"the run {other} of the profile is open", refused=True)
    request = RetryRequest(login_or_run=str(run.id), whole=kind == RESTART)
    try:
        repeat = await to_do(session, run, request)
    except Permanent as error:
        return Meant(run.id, str(error), refused=True)
    return Meant(run.id, described(repeat, whole=request.whole))


def described(repeat: Repeat, *, whole: bool) -> str:
    """Return what a retry repeats, in words."""
    if whole:
        return "starts over, all of it"
    if repeat.variants:
        return f"takes {', '.join(repeat.variants)} again"
    if repeat.kept:
        return f"goes on from {len(repeat.kept)} finished stages"
    return "reads GitHub and writes everything again"


def _canceled(run: Run) -> Meant:
    if Status(run.status).is_open:
        return Meant(run.id, f"is {run.status}, will be canceled")
    return Meant(run.id, f"is over already: {run.status}", refused=True)


async def _runs(session: AsyncSession, run_ids: Sequence[UUID]) -> dict[UUID, Run]:
    wanted = select(Run).where(Run.id.in_(run_ids))
    found = await session.scalars(
        wanted.options(selectinload(Run.steps), selectinload(Run.pictures))
    )
    return {run.id: run for run in found}


async def _busy(session: AsyncSession, profiles: set[UUID]) -> dict[UUID, UUID]:
    rows = await session.execute(
        select(Run.profile_id, Run.id).where(Run.profile_id.in_(profiles), Run.status.in_(OPEN))
    )
    return {row[0]: row[1] for row in rows}
