"""All there is to know of one run, in a few reads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.ops.listing import database_time
from techub_api.ops.tables import Action, ActionRun
from techub_api.resources import Resources
from techub_api.runs.queries import RunShown, show_run
from techub_api.runs.tables import Entry, Run, RunPicture, Step
from techub_api.schema import OUTBOX
from techub_common.asks import LIST_NOTIFICATIONS, NotificationsRequest
from techub_common.database import transaction
from techub_common.errors import Away

WITHIN = 2.0


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of what happened: heard and kept by the ledger, or told by the api."""

    at: datetime
    who: str
    what: str
    about: str
    document: str
    tell: int = 0
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Something an operator did to the run."""

    number: int
    at: datetime
    operator: str
    kind: str
    why: str
    outcome: str | None
    note: str
    made_run_id: UUID | None


@dataclass(frozen=True, slots=True)
class Looked:
    """A run with everything that hangs on it."""

    run: Run
    shown: RunShown
    steps: Sequence[Step]
    entries: Sequence[Entry]
    pictures: Sequence[RunPicture]
    happened: Sequence[Happened]
    retries: Sequence[tuple[UUID, str]]
    done: Sequence[Done]
    now: datetime


async def look_at(resources: Resources, run_id: UUID) -> Looked | None:
    """Return the run as it stands; None when there is none.

    What happened is put together from the outbox and the ledger's lines, which are found by the
    run; the stream is not, since no subject names one.
    """
    async with transaction(resources.sessions) as session:
        run = await session.get(Run, run_id)
        shown = await show_run(session, run_id, resources.settings)
        if run is None or shown is None:
            return None
        steps = (
            await session.scalars(select(Step).where(Step.run_id == run_id).order_by(Step.position))
        ).all()
        entries = (
            await session.scalars(select(Entry).where(Entry.run_id == run_id).order_by(Entry.id))
        ).all()
        pictures = (
            await session.scalars(
                select(RunPicture).where(RunPicture.run_id == run_id).order_by(RunPicture.kind)
            )
        ).all()
        told = (
            await session.execute(
                select(OUTBOX).where(OUTBOX.c.run_id == run_id).order_by(OUTBOX.c.id)
            )
        ).all()
        retries = await session.execute(
            select(Run.id, Run.status).where(Run.parent_run_id == run_id).order_by(Run.number)
        )
        happened = [*map(_kept, entries), *map(_told, told)]
        return Looked(
            run=run,
            shown=shown,
            steps=steps,
            entries=entries,
            pictures=pictures,
            happened=sorted(happened, key=lambda one: one.at),
            retries=[(row[0], row[1]) for row in retries],
            done=await _done(session, run_id),
            now=await database_time(session),
        )


async def deliveries_of(resources: Resources, run_id: UUID) -> list[dict[str, Any]] | None:
    """Return the mails about a run as the notifier has them; None when it does not answer."""
    try:
        answer = await resources.ask(
            LIST_NOTIFICATIONS, NotificationsRequest(run=str(run_id)), within=WITHIN
        )
    except Away:
        return None
    found: list[dict[str, Any]] = answer.get("deliveries", [])
    return found


async def _done(session: AsyncSession, run_id: UUID) -> list[Done]:
    rows = await session.execute(
        select(Action, ActionRun)
        .join(ActionRun, ActionRun.action_id == Action.id)
        .where(ActionRun.run_id == run_id, Action.state != "planned")
        .order_by(Action.id.desc())
    )
    return [
        Done(
            number=action.id,
            at=action.begun_at or action.at,
            operator=action.operator,
            kind=action.kind,
            why=action.why or "",
            outcome=one.outcome,
            note=one.note,
            made_run_id=one.made_run_id,
        )
        for action, one in rows
    ]


def _kept(entry: Entry) -> Happened:
    data = entry.data
    about = " ".join(
        str(data[name]) for name in ("step", "kind", "status", "code", "message") if data.get(name)
    )
    return Happened(entry.at, "ledger", entry.kind, about, _document(data))


def _told(row: Any) -> Happened:  # noqa: ANN401  # a row of the outbox
    cloud = json.loads(row.body)
    about = " ".join(
        str(cloud["data"][name])
        for name in ("trigger", "variant", "duration_ms", "reason")
        if cloud["data"].get(name)
    )
    return Happened(
        row.written_at,
        "api",
        row.subject,
        about if row.told_at else "waits to be told",
        _document(cloud),
        tell=row.tell,
        sequence=row.stream_sequence,
    )


def _document(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, default=str)
