"""The pages people look at: the front page, a run, a profile."""

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
    signing_in,
    static_files,
    submitting,
)
from techub_api.pages.answers import answer
from techub_api.pages.frames import frames, smallest
from techub_api.pages.queries import card_shown, exhibits_of, last_line
from techub_api.pages.showcase import showcase
from techub_api.pages.timeline import chapters, signs, slots
from techub_api.pages.visitors import Looking
from techub_api.pictures.assets import show_assets
from techub_api.profiles.directory import Wanted, find
from techub_api.profiles.keeping import may_see
from techub_api.profiles.queries import show_profile
from techub_api.profiles.refreshing import visited
from techub_api.runs.queries import RunShown, show_run
from techub_api.runs.status import Status
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.logins import valid_login

PARTS: Final = (
    static_files,
    signing_in,
    submitting,
    account,
    browsing,
    documents,
    mine,
    mail_links,
    dev_cards,
)

router = APIRouter(include_in_schema=False)
for _part in PARTS:
    router.include_router(_part.router)

EXHIBITS: Final = 6
TOLD_WITHIN: Final = timedelta(minutes=1)


@router.get("/")
async def landing(request: Request, opened: Opened, visitor: Looking) -> HTMLResponse:
    """Answer what this is, and the newest cards."""
    async with transaction(opened.sessions) as session:
        newest = await find(session, Wanted())
        exhibits = await exhibits_of(session, newest.profile_ids[:EXHIBITS], opened.settings)
    return answer(
        request,
        opened.settings,
        visitor,
        "landing.html",
        exhibits=[(exhibit, frames(exhibit.pictures)) for exhibit in exhibits],
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
        elapsed=run.duration_ms or _milliseconds_since(run.created_at),
        signs=signs(run.error.detail) if run.error else [],
        last_line=told_so_far,
        live=_goes_on(run),
    )


@router.get("/profiles/{login}")
async def see_profile(
    login: str, request: Request, opened: Opened, visitor: Looking
) -> HTMLResponse:
    """Answer the profile with its card; a friendly page for one nobody has made yet."""
    try:
        login = valid_login(login)
    except Permanent as error:
        raise HTTPException(404, "No GitHub login looks like this.") from error
    async with transaction(opened.sessions) as session:
        seen = await may_see(session, visitor.user, login)
        profile = await show_profile(session, login, opened.settings) if seen else None
        files = await show_assets(session, login, opened.settings)
        if profile is not None:
            await visited(session, profile.login, profile.synced_at)
        card = await card_shown(session, login, opened.settings.app_host)
        newest = (profile and profile.newest_run_id) or None
        run = await show_run(session, newest, opened.settings) if newest else None
    if profile is None:
        return answer(
            request, opened.settings, visitor, "profile_missing.html", status=404, login=login
        )
    return answer(
        request,
        opened.settings,
        visitor,
        "profile.html",
        profile=profile,
        show=showcase(card) if card else None,
        frames=frames(profile.pictures),
        made=smallest(files.assets) if files else {},
        run=run,
        signs=signs(run.error.detail) if run and run.error else [],
    )


def _milliseconds_since(moment: datetime) -> int:
    return max(0, round((datetime.now(UTC) - moment).total_seconds() * 1000))


def _goes_on(run: RunShown) -> bool:
    """Return whether something may still happen: it is open, or the owner is being told."""
    if Status(run.status).is_open:
        return True
    ended = run.finished_at or run.created_at
    return not run.is_over and datetime.now(UTC) - ended < TOLD_WITHIN
