"""Signing in with one click where developers work, and signing out everywhere."""

from typing import Final

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import RedirectResponse

from techub_api.accounts.actions import user_with_login, vouch_for_address
from techub_api.accounts.sessions import drop_cookie, sign_in, sign_out
from techub_api.pages.submitting import submit_address
from techub_api.pages.visitors import FORM_COOKIE, Sent
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.settings import AppEnv

router = APIRouter(include_in_schema=False)

SAMPLE_LOGIN: Final = "sample-user"
SAMPLE_ADDRESS: Final = "sample-user@techub.test"


async def in_development(opened: Opened) -> None:
    """Let nobody through where people's real accounts are."""
    if opened.settings.app_env is not AppEnv.development:
        raise HTTPException(404, "There is nothing here.")


@router.post("/dev/sign-in", dependencies=[Depends(in_development)])
async def sign_in_as_sample(opened: Opened, sent: Sent) -> RedirectResponse:
    """Sign the sample user in and go on to the form that was being filled in."""
    async with transaction(opened.sessions) as session:
        user = await user_with_login(session, SAMPLE_LOGIN)
        await vouch_for_address(session, user, SAMPLE_ADDRESS)
    response = RedirectResponse(submit_address(str(sent.get("login") or "")), 303)
    drop_cookie(response, opened.settings, FORM_COOKIE)
    sign_in(response, opened.settings, user.id)
    return response


@router.post("/session/end")
async def end_session(opened: Opened, _sent: Sent) -> RedirectResponse:
    """Sign out and go to the front page."""
    response = RedirectResponse("/", 303)
    drop_cookie(response, opened.settings, FORM_COOKIE)
    sign_out(response, opened.settings)
    return response
