"""The pages people look at: the front page and a run here, the others from their modules."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from techub_api.pages import (
    account,
    browsing,
    dev_cards,
    documents,
    mail_links,
    mine,
    profile,
    signing_in,
    standing,
    static_files,
    submitting,
)
from techub_api.pages.answers import answer
from techub_api.pages.frames import frames
from techub_api.pages.queries import exhibits_of, last_line
from techub_api.pages.timeline import chapters, losses, signs, slots
from techub_api.pages.visitors import Looking
from techub_api.profiles.directory import Wanted, find
from techub_api.runs.queries import RunShown, show_run
from techub_api.runs.status import Status
from techub_api.wiring import Opened
from techub_common.database import transaction

PARTS: Final = (
    static_files,
    signing_in,
    submitting,
    standing,
    account,
    browsing,
    documents,
    mine,
    profile,
    mail_links,
    dev_cards,
)

router = APIRouter(include_in_schema=False)
for _part in PARTS:
    router.include_router(_part.router)

EXHIBITS: Final = 8
TALL: Final = "tcg"
WIDE: Final = "og"
TOLD_WITHIN: Final = timedelta(minutes=1)


@router.get("/")
async def landing(request: Request, opened: Opened, visitor: Looking) -> HTMLResponse:
    """Answer what this is, and the newest cards."""
    async with transaction(opened.sessions) as session:
        newest = await find(session, Wanted())
        exhibits = await exhibits_of(session, newest.profile_ids[:EXHIBITS], opened.settings)
    hung = [(exhibit, frames(exhibit.pictures)) for exhibit in exhibits]
    return answer(
        request,
        opened.settings,
        visitor,
        "landing.html",
        exhibits=hung,
        hand=[(exhibit, framed[TALL]) for exhibit, framed in hung if TALL in framed],
        readme=next(((exhibit, framed[WIDE]) for exhibit, framed in hung if WIDE in framed), None),
    )


@router.get("/runs/{run_id}")
async def watch_run(
    run_id: UUID, request: Request, opened: Opened, visitor: Looking
) -> HTMLResponse:
    """Answer the run as it stands; the script on the page keeps it up to date."""
    async with transaction(opened.sessions) as session:
        told_so_far = await last_line(session, run_id)
        run = await show_run(session, run_id, opened.settings)
    if run is None:
        raise HTTPException(404, "There is no run with this address.")
    return answer(
        request,
        opened.settings,
        visitor,
        "run.html",
        run=run,
        chapters=chapters(run, opened.variants),
        slots=slots(run, opened.variants),
        losses=losses(run),
        elapsed=run.duration_ms or _milliseconds_since(run.created_at),
        signs=signs(run.error.detail) if run.error else [],
        last_line=told_so_far,
        live=_goes_on(run),
    )


def _milliseconds_since(moment: datetime) -> int:
    return max(0, round((datetime.now(UTC) - moment).total_seconds() * 1000))


def _goes_on(run: RunShown) -> bool:
    """Return whether something may still happen: it is open, or the owner is being told."""
    if Status(run.status).is_open:
        return True
    ended = run.finished_at or run.created_at
    return not run.is_over and datetime.now(UTC) - ended < TOLD_WITHIN
