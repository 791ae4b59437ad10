"""`/ops/runs/{id}`: what happened to one run and why, and what can be done about it."""

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from sqlalchemy import select

from techub_api.operators.answers import cancel_run
from techub_api.ops.actions import at_once
from techub_api.ops.anatomy import waterfall
from techub_api.ops.artifacts import artifacts_of, is_of, legible, mime_for
from techub_api.ops.bulk import CANCEL, RESTART, RETRY
from techub_api.ops.door import AsOperator
from techub_api.ops.frame import Sent, show, why_of
from techub_api.ops.looking import deliveries_of, look_at
from techub_api.pages.frames import frames
from techub_api.pages.queries import last_line
from techub_api.resources import Resources
from techub_api.runs.snapshot import collected, zipped
from techub_api.runs.status import Status
from techub_api.runs.tables import Run
from techub_api.submissions.retrying import retry
from techub_api.wiring import Opened
from techub_common.asks import CancelRequest, RetryRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import AVATAR, Trigger

router = APIRouter(prefix="/ops/runs")

STEP: Final = "step"
SHORT: Final = 8
BEFORE: Final = timedelta(seconds=5)
MISSING: Final = "There is no run with this address."


@router.get("/{run_id}")
async def show_one(
    run_id: UUID,
    request: Request,
    opened: Opened,
    who: AsOperator,
    did: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """Answer the run; `did` names an action of which the page says first how it went."""
    async with transaction(opened.sessions) as session:
        line = await last_line(session, run_id)
    looked = await look_at(opened, run_id)
    if looked is None:
        raise HTTPException(404, MISSING)
    status = Status(looked.run.status)
    shown_pictures = frames(looked.shown.pictures)
    return show(
        request,
        opened.settings,
        who,
        "run.html",
        looked=looked,
        run=looked.run,
        is_open=status.is_open,
        live=status.is_open or not looked.shown.is_over,
        last_line=line,
        fall=waterfall(looked.run, looked.steps, looked.entries, looked.now),
        framed=shown_pictures,
        unshown=[
            one
            for one in looked.pictures
            if one.kind not in shown_pictures and (one.state != "recorded" or one.kind != AVATAR)
        ],
        artifacts=await artifacts_of(opened.objects, run_id),
        deliveries=await deliveries_of(opened, run_id),
        did=next((one for one in looked.done if one.number == did), None),
        since=(looked.run.created_at - BEFORE).isoformat(timespec="seconds"),
    )


@router.get("/{run_id}/objects/{key:path}")
async def show_object(run_id: UUID, key: str, opened: Opened) -> Response:
    """Answer one private object of the run: a picture, or text."""
    if not is_of(key, run_id):
        raise HTTPException(404, "The run has no such object.")
    content = await opened.objects.get(key)
    mime = mime_for(key)
    if mime.startswith("text/"):
        content = legible(key, content).encode()
    return Response(content, media_type=mime, headers={"Cache-Control": "no-store"})


@router.get("/{run_id}/snapshot.zip")
async def download(run_id: UUID, opened: Opened) -> StreamingResponse:
    """Answer the run's snapshot as an archive."""
    await _exists(opened, run_id)
    name = f"run-{str(run_id)[:SHORT]}"
    return StreamingResponse(
        zipped(name, collected(opened, run_id)),
        media_type="application/zip",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}.zip"',
        },
    )


@router.post("/{run_id}/retry")
async def repeat(run_id: UUID, opened: Opened, who: AsOperator, fields: Sent) -> RedirectResponse:
    """Start a run that repeats all of this one, what failed, or one step."""
    why = why_of(fields)
    await _exists(opened, run_id)
    what, step = str(fields.get("what") or ""), str(fields.get(STEP) or "")
    if what not in (RETRY, RESTART):
        message = "That is nothing one can do with a run."
        raise Permanent(message, code="unknown_field")
    request = RetryRequest(
        login_or_run=str(run_id), steps=(step,) if step else (), whole=what == RESTART
    )

    async def start() -> UUID:
        return (await retry(opened, request, trigger=Trigger.ops)).run_id

    asked: dict[str, Any] = {STEP: step} if step else {}
    number, made = await at_once(opened, who, what, run_id, why, asked, start)
    return RedirectResponse(
        f"/ops/runs/{made}" if made else f"/ops/runs/{run_id}?did={number}", 303
    )


@router.post("/{run_id}/cancel")
async def call_off(run_id: UUID, opened: Opened, who: AsOperator, fields: Sent) -> RedirectResponse:
    """Cancel the run at once."""
    why = why_of(fields)
    await _exists(opened, run_id)

    async def end() -> None:
        request = CancelRequest(login_or_run=str(run_id), by=f"ops:{who.name}", reason=why)
        await cancel_run(request, opened)

    number, _ = await at_once(opened, who, CANCEL, run_id, why, {}, end)
    return RedirectResponse(f"/ops/runs/{run_id}?did={number}", 303)


async def _exists(opened: Resources, run_id: UUID) -> None:
    async with transaction(opened.sessions) as session:
        if await session.scalar(select(Run.id).where(Run.id == run_id)) is None:
            raise HTTPException(404, MISSING)
