"""A profile as JSON."""

from typing import Final

from fastapi import APIRouter, Response
from pydantic import BaseModel

from techub_api.pictures.assets import AssetsShown, show_assets
from techub_api.problems import answers
from techub_api.profiles.keeping import may_see
from techub_api.profiles.queries import ProfileShown, show_profile
from techub_api.profiles.refreshing import visited
from techub_api.resources import Resources
from techub_api.runs.status import Status
from techub_api.tagged import Known, tagged
from techub_api.wiring import LoginNamed, Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.logins import valid_login

router = APIRouter(tags=["profiles"])


class StatusShown(BaseModel):
    """How a profile stands; no status before its first run."""

    status: Status | None


FOUND: Final = answers(304, 404)


@router.get("/api/v1/profiles/{login}", response_model=ProfileShown, responses=FOUND)
@router.get("/profiles/{login}.json", include_in_schema=False)
async def read_profile(login: LoginNamed, opened: Opened, known: Known = None) -> Response:
    """Answer the profile with its card and its current pictures."""
    return tagged(await profile_or_missing(opened, login), known)


@router.get("/api/v1/profiles/{login}/assets", response_model=AssetsShown, responses=FOUND)
async def read_assets(login: LoginNamed, opened: Opened, known: Known = None) -> Response:
    """Answer every public file of the profile: format, size, who made it, and what was saved."""
    async with transaction(opened.sessions) as session:
        seen = await may_see(session, None, valid_login(login))
        shown = await show_assets(session, login, opened.settings) if seen else None
    if shown is None:
        raise _missing(login)
    return tagged(shown, known)


@router.get("/profiles/{login}/status", responses=answers(404))
async def read_status(login: LoginNamed, opened: Opened) -> StatusShown:
    """Answer how the newest run of the profile stands."""
    shown = await profile_or_missing(opened, login)
    return StatusShown(status=Status(shown.status) if shown.status else None)


async def profile_or_missing(opened: Resources, login: str) -> ProfileShown:
    """Return the profile, due for a refresh if it is old; raise Permanent `profile_missing`."""
    async with transaction(opened.sessions) as session:
        seen = await may_see(session, None, valid_login(login))
        shown = await show_profile(session, login, opened.settings) if seen else None
        if shown is not None:
            await visited(session, shown.login, shown.synced_at)
    if shown is None:
        raise _missing(login)
    return shown


def _missing(login: str) -> Permanent:
    return Permanent(f"Nobody has made a card for @{login} yet.", code="profile_missing")
