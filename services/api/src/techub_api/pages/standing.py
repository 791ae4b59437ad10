"""`/submit/check`: how things stand with a login, told while it is being typed."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.limits.allowances import looking_up
from techub_api.pages.answers import answer
from techub_api.pages.frames import Frame, frames
from techub_api.pages.queries import exhibits_of
from techub_api.pages.visitors import Looking
from techub_api.profiles.keeping import OWNER
from techub_api.profiles.tables import Ownership, Profile
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run
from techub_api.settings import Settings
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.logins import valid_login

router = APIRouter(include_in_schema=False)


class Kind(StrEnum):
    """What is to be said about a login."""

    nothing = "nothing"
    wrong = "wrong"
    free = "free"
    claimed = "claimed"
    running = "running"
    dealt = "dealt"


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with a login, and what there is to see of it."""

    kind: Kind
    login: str
    sentence: str = ""
    run_id: UUID | None = None
    title: str | None = None
    picture: Frame | None = None


@router.get("/submit/check")
async def check(
    request: Request, opened: Opened, visitor: Looking, login: str = ""
) -> HTMLResponse:
    """Answer a piece of the form's page: what is known of the login by now."""
    await looking_up(opened, request)
    async with transaction(opened.sessions) as session:
        standing = await standing_of(session, opened.settings, visitor.user, login.strip())
    return answer(request, opened.settings, visitor, "standing.html", standing=standing)


async def standing_of(
    session: AsyncSession, settings: Settings, user: User | None, login: str
) -> Standing:
    """Return how things stand with a login in front of this person, in five reads at most."""
    if not login:
        return Standing(Kind.nothing, login)
    try:
        login = valid_login(login)
    except Permanent as error:
        return Standing(Kind.wrong, login, str(error))
    profile = await session.scalar(select(Profile).where(Profile.login == login.lower()))
    return await _known(session, settings, user, profile) if profile else Standing(Kind.free, login)


async def _known(
    session: AsyncSession, settings: Settings, user: User | None, profile: Profile
) -> Standing:
    login = profile.display_login
    if await _is_anothers(session, profile, user):
        return Standing(Kind.claimed, login)
    run_id = await session.scalar(
        select(Run.id).where(Run.profile_id == profile.id, Run.status.in_(OPEN))
    )
    if run_id is not None:
        return Standing(Kind.running, login, run_id=run_id)
    exhibits = await exhibits_of(session, [profile.id], settings)
    if not exhibits:
        return Standing(Kind.free, login)
    framed = frames(exhibits[0].pictures)
    shown = framed.get("og") or next(iter(framed.values()))
    return Standing(Kind.dealt, login, title=exhibits[0].title, picture=shown)


async def _is_anothers(session: AsyncSession, profile: Profile, user: User | None) -> bool:
    """Return whether only somebody else may deal this card: its owner, or who hid it."""
    if user is not None and user.github_id is not None and user.github_id == profile.github_id:
        return False
    keepers = await session.execute(
        select(Ownership.user_id, Ownership.role).where(Ownership.profile_id == profile.id)
    )
    kept = {row.user_id: row.role for row in keepers}
    if user is not None and user.id in kept:
        return False
    return not profile.listed or OWNER in kept.values()
