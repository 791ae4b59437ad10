"""A profile as JSON."""

from fastapi import APIRouter

from techub_api.pictures.assets import AssetsShown, show_assets
from techub_api.profiles.keeping import may_see
from techub_api.profiles.queries import ProfileShown, show_profile
from techub_api.profiles.refreshing import visited
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.logins import valid_login

router = APIRouter(tags=["profiles"])


@router.get("/api/v1/profiles/{login}")
@router.get("/profiles/{login}.json", include_in_schema=False)
async def read_profile(login: str, opened: Opened) -> ProfileShown:
    """Answer the profile with its card and its current pictures."""
    return await profile_or_missing(opened, login)


@router.get("/api/v1/profiles/{login}/assets")
async def read_assets(login: str, opened: Opened) -> AssetsShown:
    """Answer every public file of the profile: format, size, who made it, and what was saved."""
    async with transaction(opened.sessions) as session:
        seen = await may_see(session, None, valid_login(login))
        shown = await show_assets(session, login, opened.settings) if seen else None
    if shown is None:
        raise _missing(login)
    return shown


@router.get("/profiles/{login}/status")
async def read_status(login: str, opened: Opened) -> dict[str, str | None]:
    """Answer how the newest run of the profile stands."""
    shown = await profile_or_missing(opened, login)
    return {"status": shown.status}


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
