"""Carries out what operators have confirmed, a few runs at a time, in one replica at a time.

A retry gets in line (`bulk`), so that the sweep admits it slowly and nobody's own run waits for it.
The new run's id follows from action and run: asked for again after a crash, it is there already.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID, uuid5

import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.operators.answers import cancel_run
from techub_api.ops.actions import AT_ONCE, end, settle
from techub_api.ops.bulk import CANCEL, RESTART, RETRY
from techub_api.ops.replaying import DROP, REPLAY, replay
from techub_api.ops.tables import Action, ActionRun
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_api.submissions.retrying import retry
from techub_common.asks import CancelRequest, RetryRequest
from techub_common.database import transaction
from techub_common.errors import Away, Permanent
from techub_common.events import Trigger

log = structlog.get_logger()

ADVISORY_LOCK: Final = 7_236_005
PAUSE: Final = 1.0
TOGETHER: Final = 20
SIDE_BY_SIDE: Final = 4
MADE_BY: Final = UUID("5a0b5c1e-6f5b-5a53-9d0e-0d4a7f3c2b11")

Carry = Callable[["Redriving", Action, UUID], Awaitable[UUID | None]]


class Redriving:
    """Works through confirmed actions; what was done before a crash is not done again."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def run(self) -> None:
        """Work for ever; while something of ours is away, wait for the next turn."""
        while True:
            try:
                while await self.work_once():
                    pass
            except Away as error:
                log.warning("redrive_waiting", error=str(error))
            await asyncio.sleep(PAUSE)

    async def work_once(self) -> bool:
        """Do a few of what waits and return whether more may wait; raise Away."""
        async with transaction(self._resources.sessions) as turn:
            locked = text("SELECT pg_try_advisory_xact_lock(:key)")
            if not await turn.scalar(locked, {"key": ADVISORY_LOCK}):
                return False
            async with transaction(self._resources.sessions) as session:
                action = await _oldest(session)
            if action is None:
                return False
            if action.kind in (REPLAY, DROP):
                said = await replay(self._resources, action)
                async with transaction(self._resources.sessions) as session:
                    await end(session, action.id, said)
                return True
            async with transaction(self._resources.sessions) as session:
                waiting = await _waiting(session, action.id)
            for begin in range(0, len(waiting), SIDE_BY_SIDE):
                some = waiting[begin : begin + SIDE_BY_SIDE]
                done = [self._carry_out(action, run_id) for run_id in some]
                for failure in await asyncio.gather(*done, return_exceptions=True):
                    if failure is not None:
                        raise failure
            if len(waiting) < TOGETHER:
                async with transaction(self._resources.sessions) as session:
                    await end(session, action.id)
                log.info("redrive_ended", action=action.id, kind=action.kind)
        return True

    async def _carry_out(self, action: Action, run_id: UUID) -> None:
        made: UUID | None = None
        outcome, note = "done", "canceled"
        try:
            made = await CARRY[action.kind](self, action, run_id)
        except Permanent as error:
            outcome, note = "refused", str(error)
        else:
            note = f"repeated by the run {made}" if made else note
        async with transaction(self._resources.sessions) as session:
            await settle(session, action.id, run_id, outcome, note, made)

    async def repeat(self, action: Action, run_id: UUID) -> UUID:
        """Put a retry of the run in line and return it."""
        new = uuid5(MADE_BY, f"{action.id}/{run_id}")
        async with transaction(self._resources.sessions) as session:
            if await session.scalar(select(Run.id).where(Run.id == new)) is not None:
                return new
        whole = action.kind == RESTART
        request = RetryRequest(login_or_run=str(run_id), bulk=True, whole=whole)
        asked = await retry(self._resources, request, trigger=Trigger.ops, run_id=new)
        if not asked.created:
            message = f"the run {asked.run_id} of the profile is open"
            raise Permanent(message, code="run_open")
        return new

    async def cancel(self, action: Action, run_id: UUID) -> None:
        """Cancel the run in the operator's name."""
        request = CancelRequest(
            login_or_run=str(run_id), by=f"ops:{action.operator}", reason=action.why or ""
        )
        await cancel_run(request, self._resources)


CARRY: Final[Mapping[str, Carry]] = {
    RETRY: Redriving.repeat,
    RESTART: Redriving.repeat,
    CANCEL: Redriving.cancel,
}


async def _oldest(session: AsyncSession) -> Action | None:
    """Return the action that was confirmed first and is not done; single ones are done at once."""
    action: Action | None = await session.scalar(
        select(Action)
        .where(Action.state == "begun", Action.kind.in_([*CARRY, REPLAY, DROP]))
        .where(Action.asked[AT_ONCE].astext.is_(None))
        .order_by(Action.id)
        .limit(1)
    )
    return action


async def _waiting(session: AsyncSession, action_id: int) -> list[UUID]:
    waiting = (
        select(ActionRun.run_id)
        .where(ActionRun.action_id == action_id, ActionRun.outcome.is_(None))
        .order_by(ActionRun.position)
        .limit(TOGETHER)
    )
    return list(await session.scalars(waiting))
