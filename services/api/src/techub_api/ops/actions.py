"""What operators do, and the record of it: written before it is done, and again when it was."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.ops.door import Operator
from techub_api.ops.tables import Action, ActionRun
from techub_api.resources import Resources
from techub_api.runs.story import CHANNEL
from techub_api.runs.tables import Run
from techub_common.database import transaction
from techub_common.errors import Permanent

log = structlog.get_logger()

PLANS_LAST: Final = timedelta(hours=1)
AT_ONCE: Final = "at_once"
"""Marks what is done while its operator waits: nobody takes it up when that is broken off."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A run an action is about; one with `refused` is left alone, and `note` says why."""

    run_id: UUID
    note: str
    refused: bool = False


async def at_once(  # who, what, why, to which run, and how
    resources: Resources,
    who: Operator,
    kind: str,
    run_id: UUID,
    why: str,
    asked: Mapping[str, Any],
    work: Callable[[], Awaitable[UUID | None]],
) -> tuple[int, UUID | None]:
    """Do one thing to one run and return its record's number, with the run it made.

    What is refused is recorded as refused, in its own words.
    """
    async with transaction(resources.sessions) as session:
        kept = {**asked, AT_ONCE: True}
        action_id = await _record(session, who, kind, kept, why=why)
        await _name(session, action_id, [Meant(run_id, kind)])
    made: UUID | None = None
    outcome, note = "done", kind
    try:
        made = await work()
    except Permanent as error:
        outcome, note = "refused", str(error)
    async with transaction(resources.sessions) as session:
        await settle(session, action_id, run_id, outcome, note, made)
        await end(session, action_id)
    log.info("operator_acted", user=who.name, kind=kind, run_id=str(run_id), outcome=outcome)
    return action_id, made


async def plan(
    session: AsyncSession,
    who: Operator,
    kind: str,
    asked: Mapping[str, Any],
    meant: Sequence[Meant] = (),
) -> int:
    """Keep what a dry run found and return its number; nothing else happens yet."""
    action_id = await _record(session, who, kind, asked)
    await _name(session, action_id, meant)
    return action_id


async def confirm(session: AsyncSession, who: Operator, action_id: int, why: str) -> None:
    """Let a plan be carried out, once, by whoever made it or another; raise Permanent.

    `plan_stale` for one that is an hour old or was confirmed already.
    """
    begun = await session.scalar(
        update(Action)
        .where(
            Action.id == action_id,
            Action.state == "planned",
            Action.at > func.now() - PLANS_LAST,
        )
        .values(state="begun", why=why, operator=who.name, begun_at=func.now())
        .returning(Action.kind)
    )
    if begun is None:
        message = "This was looked at more than an hour ago, or is being done already. Look again."
        raise Permanent(message, code="plan_stale")
    log.info("operator_acted", user=who.name, kind=begun, action=action_id)


async def settle(  # a row has this many columns
    session: AsyncSession,
    action_id: int,
    run_id: UUID,
    outcome: str,
    note: str,
    made: UUID | None = None,
) -> None:
    """Keep what became of one run of an action."""
    await session.execute(
        update(ActionRun)
        .where(ActionRun.action_id == action_id, ActionRun.run_id == run_id)
        .values(outcome=outcome, note=note, made_run_id=made)
    )


async def end(session: AsyncSession, action_id: int, said: str | None = None) -> None:
    """Note that nothing of the action is left to do, and wake whoever watches."""
    if said is None:
        counted = await outcomes_of(session, action_id)
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counted.items()))
    await session.execute(
        update(Action)
        .where(Action.id == action_id)
        .values(state="done", ended_at=func.clock_timestamp(), said=said or "nothing to do")
    )
    await session.execute(select(func.pg_notify(CHANNEL, f"action {action_id}")))


async def outcomes_of(session: AsyncSession, action_id: int) -> Mapping[str, int]:
    """Return outcome → how many runs, `waiting` for those whose turn has not come."""
    rows = await session.execute(
        select(func.coalesce(ActionRun.outcome, "waiting"), func.count())
        .where(ActionRun.action_id == action_id)
        .group_by(ActionRun.outcome)
    )
    return {row[0]: row[1] for row in rows}


async def _record(
    session: AsyncSession,
    who: Operator,
    kind: str,
    asked: Mapping[str, Any],
    *,
    why: str | None = None,
) -> int:
    made = insert(Action).values(
        operator=who.name,
        kind=kind,
        asked=dict(asked),
        why=why,
        state="begun" if why else "planned",
        begun_at=func.now() if why else None,
    )
    return (await session.execute(made.returning(Action.id))).scalar_one()


async def _name(session: AsyncSession, action_id: int, meant: Sequence[Meant]) -> None:
    known = set(
        await session.scalars(select(Run.id).where(Run.id.in_([one.run_id for one in meant])))
    )
    rows = [
        {
            "action_id": action_id,
            "run_id": one.run_id,
            "note": one.note,
            "outcome": "refused" if one.refused else None,
        }
        for one in meant
        if one.run_id in known
    ]
    if rows:
        await session.execute(insert(ActionRun), rows)
