"""What links in mails lead to: stopping one's mails, and confirming an address."""

from typing import Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from techub_api.accounts.actions import confirm_address, want_mail
from techub_api.accounts.tables import User
from techub_api.pages.answers import answer
from techub_api.pages.signing_in import in_development
from techub_api.pages.visitors import Looking
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.links import confirmation, unsubscribed

router = APIRouter(include_in_schema=False)

NOT_OURS: Final = "This link is not one of ours, or was cut off on its way. Copy all of it."
TOO_OLD: Final = "This link is too old, or another address was given after it was sent."


@router.get("/dev/mailbox", dependencies=[Depends(in_development)])
async def see_mailbox(opened: Opened) -> RedirectResponse:
    """Go to the mails that would have been sent: the page of Resend's double."""
    return RedirectResponse(f"{opened.settings.resend_api_url}/mailbox", 303)


@router.get("/unsubscribe/{token}")
async def ask_whether(
    token: str, request: Request, opened: Opened, visitor: Looking
) -> HTMLResponse:
    """Ask for one more click: mail programs open links by themselves."""
    user_id = unsubscribed(opened.settings.secret_key.get_secret_value(), token)
    if user_id is None:
        raise HTTPException(404, NOT_OURS)
    async with transaction(opened.sessions) as session:
        person = await session.get(User, user_id)
    return answer(
        request,
        opened.settings,
        visitor,
        "unsubscribe.html",
        person=person,
        done=person is None or not person.wants_mail,
    )


@router.post("/unsubscribe/{token}")
async def stop_mails(
    token: str, request: Request, opened: Opened, visitor: Looking
) -> HTMLResponse:
    """Stop the person's mails; mail programs post here too (RFC 8058), so the token is enough."""
    user_id = unsubscribed(opened.settings.secret_key.get_secret_value(), token)
    if user_id is None:
        raise HTTPException(404, NOT_OURS)
    async with transaction(opened.sessions) as session:
        person = await want_mail(session, user_id, wanted=False)
    return answer(request, opened.settings, visitor, "unsubscribe.html", person=person, done=True)


@router.get("/settings/account/confirm/{token}")
async def ask_to_confirm(
    token: str, request: Request, opened: Opened, visitor: Looking
) -> HTMLResponse:
    """Ask for one more click: a scanner that opens links must not confirm an address."""
    if confirmation(opened.settings.secret_key.get_secret_value(), token) is None:
        raise HTTPException(404, TOO_OLD)
    return answer(request, opened.settings, visitor, "confirm.html", done=False)


@router.post("/settings/account/confirm/{token}")
async def confirm(token: str, request: Request, opened: Opened, visitor: Looking) -> HTMLResponse:
    """Make the address the person's own: who holds the token reads the mail it came in."""
    confirmed = confirmation(opened.settings.secret_key.get_secret_value(), token)
    if confirmed is None:
        raise HTTPException(404, TOO_OLD)
    async with transaction(opened.sessions) as session:
        done = await confirm_address(session, confirmed)
    if not done:
        raise HTTPException(404, TOO_OLD)
    return answer(request, opened.settings, visitor, "confirm.html", done=True)
