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
from techub_api.pages.queries import Exhibit, exhibits_of
from techub_api.pages.visitors import Looking
from techub_api.profiles.tables import Profile
from techub_api.settings import Settings
from techub_api.submissions.checking import look_up
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
    """Return how things stand with a login in front of this person."""
    if not login:
        return Standing(Kind.nothing, login)
    try:
        login = valid_login(login)
    except Permanent as error:
        return Standing(Kind.wrong, login, str(error))
    known = await look_up(session, user, login)
    if not known.may_submit:
        return Standing(Kind.claimed, known.login)
    if known.open_run_id is not None:
        return Standing(Kind.running, known.login, run_id=known.open_run_id)
    exhibit = await _exhibit(session, settings, known.login) if known.has_card else None
    if exhibit is None:
        return Standing(Kind.free, known.login)
    framed = frames(exhibit.pictures)
    shown = framed.get("og") or next(iter(framed.values()))
    return Standing(Kind.dealt, known.login, title=exhibit.title, picture=shown)


async def _exhibit(session: AsyncSession, settings: Settings, login: str) -> Exhibit | None:
    named = select(Profile.id).where(Profile.login == login.lower())
    exhibits = await exhibits_of(session, (await session.scalars(named)).all(), settings)
    return exhibits[0] if exhibits else None
