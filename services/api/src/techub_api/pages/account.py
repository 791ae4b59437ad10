"""`/settings/account`: address and mails, personal tokens, sessions, and leaving for good."""

from functools import partial
from typing import Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from techub_api.accounts.actions import (
    change_address,
    create_token,
    forget_address,
    revoke_token,
    tokens_of,
    want_mail,
)
from techub_api.accounts.cookies import leave_nothing
from techub_api.accounts.leaving import leave
from techub_api.accounts.sessions import COOKIE, end_other_sessions, sessions_of
from techub_api.accounts.tables import User
from techub_api.limits.allowances import being_mailed
from techub_api.objects.forgetting import forget
from techub_api.pages.answers import answer
from techub_api.pages.visitors import FORM_COOKIE, Member, Sent, SignedIn
from techub_api.problems import STATUS, retry_after
from techub_api.profiles.keeping import Kept, kept_by, own_account
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_common.addresses import LONGEST, is_sendable
from techub_common.database import transaction
from techub_common.errors import Away, Permanent
from techub_common.logins import same_login

log = structlog.get_logger()

router = APIRouter(prefix="/settings/account", include_in_schema=False)

HERE: Final = "/settings/account"
LONGEST_NAME: Final = 60
MOST_TOKENS: Final = 20
NO_ADDRESS: Final = "That is no address we can write to. It looks like ada@example.com."
NOT_THE_LOGIN: Final = "That is not your login. Nothing was deleted."


@router.get("")
async def see_account(request: Request, opened: Opened, member: SignedIn) -> HTMLResponse:
    """Answer what one can change about oneself here."""
    return await _shown(request, opened, member)


@router.post("/address")
async def give_address(request: Request, opened: Opened, member: SignedIn, sent: Sent) -> Response:
    """Keep the address and mail a link there: nothing else goes there before it is opened."""
    address = str(sent.get("address") or "").strip()
    if not is_sendable(address):
        wrong = {"address": NO_ADDRESS}
        return await _shown(request, opened, member, status=422, errors=wrong, typed=address)
    try:
        await being_mailed(opened, member.user.id, address)
    except Permanent as error:
        wrong = {"address": str(error)}
        again = partial(_shown, request, opened, member, errors=wrong, typed=address)
        refused = await again(status=STATUS[error.code])
        refused.headers.update(retry_after(error))
        return refused
    async with transaction(opened.sessions) as session:
        user = await session.get_one(User, member.user.id, with_for_update=True)
        await change_address(session, opened.outbox, user, address)
    return RedirectResponse(f"{HERE}#mail", 303)


@router.post("/address/forget")
async def drop_address(opened: Opened, member: SignedIn, _: Sent) -> RedirectResponse:
    """Keep no address."""
    async with transaction(opened.sessions) as session:
        await forget_address(session, member.user.id)
    return RedirectResponse(f"{HERE}#mail", 303)


@router.post("/mail")
async def choose_mails(opened: Opened, member: SignedIn, sent: Sent) -> RedirectResponse:
    """Keep whether one wants to be told how one's cards turned out."""
    async with transaction(opened.sessions) as session:
        await want_mail(session, member.user.id, wanted=sent.get("wanted") == "yes")
    return RedirectResponse(f"{HERE}#mail", 303)


@router.post("/tokens")
async def make_token(request: Request, opened: Opened, member: SignedIn, sent: Sent) -> Response:
    """Answer the new token: it is readable this once."""
    name = str(sent.get("name") or "").strip()
    again = partial(_shown, request, opened, member)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        trouble = f"A token needs a name of {LONGEST_NAME} at most."
        return await again(status=422, errors={"token": trouble})
    async with transaction(opened.sessions) as session:
        crowded = len(await tokens_of(session, member.user.id)) >= MOST_TOKENS
        token = None if crowded else await create_token(session, member.user, name)
    if token is None:
        trouble = f"{MOST_TOKENS} tokens are enough. Revoke one."
        return await again(status=422, errors={"token": trouble})
    return await again(status=201, token=token)


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


@router.post("/delete")
async def delete_everything(
    request: Request, opened: Opened, member: SignedIn, sent: Sent
) -> Response:
    """Delete the account, the person's own card, its pictures and what its runs left; at once.

    The rows go first and name what has to follow: if the store is away now, the pruning goes on.
    """
    typed = str(sent.get("login") or "").strip().removeprefix("@")
    if not same_login(typed, member.user.login):
        wrong = {"delete": NOT_THE_LOGIN}
        return await _shown(request, opened, member, status=422, errors=wrong)
    async with transaction(opened.sessions) as session:
        user = await session.get_one(User, member.user.id, with_for_update=True)
        places = await leave(session, opened.outbox, user)
    try:
        await forget(opened.objects, opened.sessions, places)
    except Away as error:
        log.warning("forgetting_waits", error=str(error))
    response = RedirectResponse("/", 303)
    leave_nothing(response, opened.settings, COOKIE, FORM_COOKIE)
    return response


async def _shown(
    request: Request,
    opened: Resources,
    member: Member,
    *,
    status: int = 200,
    token: str | None = None,
    errors: dict[str, str] | None = None,
    typed: str | None = None,
) -> HTMLResponse:
    async with transaction(opened.sessions) as session:
        person = await session.get_one(User, member.user.id)
        tokens = await tokens_of(session, person.id)
        sessions = await sessions_of(session, person.id)
        kept = await kept_by(session, person.id)
        account = await own_account(session, person)
    page = answer(
        request,
        opened.settings,
        member,
        "account.html",
        status=status,
        person=person,
        typed=typed if typed is not None else person.email or "",
        own=_own(kept, account),
        tokens=tokens,
        sessions=sessions,
        here=member.session_id,
        new_token=token,
        errors=errors or {},
        longest_name=LONGEST_NAME,
        longest_address=LONGEST,
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _own(kept: list[Kept], account: Profile | None) -> list[str]:
    """Return whose cards go with the person, each once."""
    own = [each.profile.display_login for each in kept if each.is_owned]
    if account is not None and account.display_login not in own:
        own.append(account.display_login)
    return own
