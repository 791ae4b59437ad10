"""`/ops/actions`: what operators did, and plans that wait to be confirmed with a reason."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.ops import bulk
from techub_api.ops.actions import confirm, outcomes_of, plan
from techub_api.ops.door import AsOperator
from techub_api.ops.filters import filter_of
from techub_api.ops.frame import Sent, show, why_of
from techub_api.ops.jobs import STREAM_HEADERS, changes
from techub_api.ops.tables import Action, ActionRun
from techub_api.runs.tables import Run
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent

router = APIRouter(prefix="/ops")

PER_PAGE: Final = 50
RUNS_SHOWN: Final = 200

Number = Annotated[int, Path(ge=1, le=2**62)]
Key = Annotated[int | None, Query(ge=1, le=2**62)]


@router.get("/actions")
async def list_actions(
    request: Request, opened: Opened, who: AsOperator, before: Key = None
) -> HTMLResponse:
    """Answer what operators did, the newest first."""
    wanted = select(Action).order_by(Action.id.desc()).limit(PER_PAGE + 1)
    async with transaction(opened.sessions) as session:
        found = list(await session.scalars(wanted.where(Action.id < before) if before else wanted))
        shown = found[:PER_PAGE]
        counts = {action.id: await outcomes_of(session, action.id) for action in shown}
    older = shown[-1].id if len(found) > PER_PAGE else None
    return show(
        request, opened.settings, who, "actions.html", actions=shown, counts=counts, older=older
    )


@router.get("/actions/events")
async def follow_actions(opened: Opened) -> StreamingResponse:
    """Stream an event `changed` at once, and whenever an action or a run has come further."""
    return StreamingResponse(
        changes(opened, at_once=True), media_type="text/event-stream", headers=STREAM_HEADERS
    )


@router.get("/actions/{number}")
async def show_action(
    number: Number, request: Request, opened: Opened, who: AsOperator, after: Key = None
) -> HTMLResponse:
    """Answer one action: a plan that waits for a reason, or what came of it so far."""
    async with transaction(opened.sessions) as session:
        action = await session.get(Action, number)
        if action is None:
            raise HTTPException(404, "There is no action with this number.")
        counts = await outcomes_of(session, number)
        runs = await _runs(session, number, after or 0)
    more = runs[-1].position if len(runs) == RUNS_SHOWN else None
    return show(
        request,
        opened.settings,
        who,
        "action.html",
        action=action,
        counts=counts,
        to_do=counts.get("waiting", 0),
        deeds=action.asked.get("deeds", []),
        runs=runs,
        more=more,
        most=bulk.MOST,
    )


@router.post("/jobs/plan")
async def look_first(opened: Opened, who: AsOperator, fields: Sent) -> RedirectResponse:
    """Find out what a retry or a cancellation of all runs that fit would do."""
    kind = str(fields.get("kind") or "")
    if kind not in bulk.KINDS:
        message = "That is nothing one can do with runs."
        raise Permanent(message, code="unknown_field")
    names = ("login", "stage", "trigger", "since", "until")
    chosen = filter_of(
        {
            "status": fields.getlist("status"),
            **{name: str(fields.get(name) or "") for name in names},
        }
    )
    async with transaction(opened.sessions) as session:
        run_ids, fit = await bulk.runs_meant(session, chosen)
        meant = await bulk.what_would_be(session, kind, run_ids)
        asked = {"filter": chosen.as_json(), "address": f"/ops/jobs?{chosen.query}", "fit": fit}
        number = await plan(session, who, kind, asked, meant)
    return RedirectResponse(f"/ops/actions/{number}", 303)


@router.post("/actions/{number}/confirm")
async def go_on(number: Number, opened: Opened, who: AsOperator, fields: Sent) -> RedirectResponse:
    """Have a plan carried out; doing so again changes nothing."""
    why = why_of(fields)
    async with transaction(opened.sessions) as session:
        await confirm(session, who, number, why)
    return RedirectResponse(f"/ops/actions/{number}", 303)


async def _runs(
    session: AsyncSession, number: int, after: int
) -> Sequence[Row[UUID, str, str, str | None, str | None, UUID | None, int]]:
    rows = await session.execute(
        select(
            ActionRun.run_id,
            Run.login,
            Run.status,
            ActionRun.note,
            ActionRun.outcome,
            ActionRun.made_run_id,
            ActionRun.position,
        )
        .join(Run, Run.id == ActionRun.run_id)
        .where(ActionRun.action_id == number, ActionRun.position > after)
        .order_by(ActionRun.position)
        .limit(RUNS_SHOWN)
    )
    return rows.all()
