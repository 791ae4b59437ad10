"""`/settings/account`: personal tokens, and the browsers in which one is signed in."""

from functools import partial
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from techub_api.accounts.actions import create_token, revoke_token, tokens_of
from techub_api.accounts.sessions import end_other_sessions, sessions_of
from techub_api.pages.answers import answer
from techub_api.pages.visitors import Member, Sent, SignedIn
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_common.database import transaction

router = APIRouter(prefix="/settings/account", include_in_schema=False)

HERE: Final = "/settings/account"
LONGEST_NAME: Final = 60
MOST_TOKENS: Final = 20


@router.get("")
async def see_account(request: Request, opened: Opened, member: SignedIn) -> HTMLResponse:
    """Answer what one can change about oneself here."""
    return await _shown(request, opened, member)


@router.post("/tokens")
async def make_token(request: Request, opened: Opened, member: SignedIn, sent: Sent) -> Response:
    """Answer the new token: it is readable this once."""
    name = str(sent.get("name") or "").strip()
    shown = partial(_shown, request, opened, member)
    if not name or len(name) > LONGEST_NAME:
        return await shown(status=422, trouble=f"A token needs a name of {LONGEST_NAME} at most.")
    async with transaction(opened.sessions) as session:
        crowded = len(await tokens_of(session, member.user.id)) >= MOST_TOKENS
        token = None if crowded else await create_token(session, member.user, name)
    if token is None:
        return await shown(status=422, trouble=f"{MOST_TOKENS} tokens are enough. Revoke one.")
    return await shown(status=201, token=token)


@router.post("/tokens/{token_id}/revoke")
async def drop_token(token_id: UUID, opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Make one of one's own tokens worthless."""
    async with transaction(opened.sessions) as session:
        await revoke_token(session, member.user.id, token_id)
    return RedirectResponse(f"{HERE}#tokens", 303)


@router.post("/sessions/end")
async def end_others(opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Sign out everywhere but here."""
    async with transaction(opened.sessions) as session:
        await end_other_sessions(session, member.user.id, member.session_id)
    return RedirectResponse(f"{HERE}#sessions", 303)


async def _shown(
    request: Request,
    opened: Resources,
    member: Member,
    *,
    status: int = 200,
    token: str | None = None,
    trouble: str | None = None,
) -> HTMLResponse:
    async with transaction(opened.sessions) as session:
        tokens = await tokens_of(session, member.user.id)
        sessions = await sessions_of(session, member.user.id)
    return answer(
        request,
        opened.settings,
        member,
        "account.html",
        status=status,
        tokens=tokens,
        sessions=sessions,
        here=member.session_id,
        new_token=token,
        trouble=trouble,
        longest_name=LONGEST_NAME,
    )
