"""Signing in with GitHub, or with one click where developers work; signing out everywhere."""

from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from techub_api.accounts import signing_in
from techub_api.accounts.actions import user_with_login, vouch_for_address
from techub_api.accounts.cookies import cookie, drop_cookie, keep_cookie, leave_nothing
from techub_api.accounts.github import GitHubSignIn
from techub_api.accounts.sessions import COOKIE, LASTS, close_session, open_session
from techub_api.accounts.tables import User
from techub_api.limits import allowances
from techub_api.pages.answers import answer
from techub_api.pages.visitors import FORM_COOKIE, Looking, Sent, Visitor
from techub_api.problems import STATUS
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent, Transient
from techub_common.settings import AppEnv

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

BROWSER_COOKIE: Final = "techub_sign_in"
SAMPLE_LOGIN: Final = "sample-user"
SAMPLE_ADDRESS: Final = "sample-user@techub.test"
LONGEST: Final = 512

Text = Annotated[str, Query(max_length=LONGEST)]


async def in_development(opened: Opened) -> None:
    """Let nobody through where people's real accounts are."""
    if opened.settings.app_env is not AppEnv.development:
        raise HTTPException(404, "There is nothing here.")


def sign_in_address(onward: str) -> str:
    """Return where somebody signs in who then goes on to one of our pages."""
    return f"/sign-in?{urlencode({'onward': onward})}"


@router.get("/sign-in")
async def ask(request: Request, opened: Opened, visitor: Looking, onward: Text = "/") -> Response:
    """Answer the ways to sign in; who is signed in already goes on."""
    if visitor.user is not None:
        return RedirectResponse(signing_in.own_page(onward), 303)
    return _asked(request, opened, visitor, onward)


@router.get("/auth/github")
async def begin(
    request: Request, opened: Opened, onward: Text = "/", invite: Text = ""
) -> RedirectResponse:
    """Send the browser to GitHub; what comes back is good once, here, within ten minutes."""
    github = _github(opened)
    await allowances.signing_in(opened, request)
    async with transaction(opened.sessions) as session:
        begun = await signing_in.begin(session, onward, invite)
    response = RedirectResponse(github.address(begun.state, begun.verifier), 303)
    lasts: timedelta = signing_in.GOOD_FOR
    keep_cookie(response, opened.settings, BROWSER_COOKIE, begun.browser, lasts=lasts)
    return response


@router.get("/auth/github/callback")
async def come_back(
    request: Request,
    opened: Opened,
    visitor: Looking,
    state: Text = "",
    code: Text = "",
    error: Text = "",
) -> Response:
    """Sign in whoever said yes at GitHub, or say what went wrong beside the ways to sign in."""
    github = _github(opened)
    onward = "/"
    try:
        async with transaction(opened.sessions) as session:
            browser = cookie(request, opened.settings, BROWSER_COOKIE)
            taken = await signing_in.take(session, state, browser)
        onward = taken.onward
        person = await github.person(_said_yes(code, error), taken.verifier)
        async with transaction(opened.sessions) as session:
            user = await signing_in.user_of(
                session, person, opened.settings.access_policy, taken.invite
            )
    except Permanent as refusal:
        log.warning("sign_in_refused", code=refusal.code)
        status = STATUS[refusal.code]
        return _asked(request, opened, visitor, onward, sentence=str(refusal), status=status)
    except Transient:
        sentence = "GitHub does not answer as it should. Try again in a moment."
        return _asked(request, opened, visitor, onward, sentence=sentence, status=502)
    response = await _signed_in(request, opened, user, onward)
    drop_cookie(response, opened.settings, BROWSER_COOKIE)
    return response


@router.post("/dev/sign-in", dependencies=[Depends(in_development)])
async def sign_in_as_sample(request: Request, opened: Opened, sent: Sent) -> Response:
    """Sign the sample user in and go on to where they were going."""
    async with transaction(opened.sessions) as session:
        user = await user_with_login(session, SAMPLE_LOGIN)
        await vouch_for_address(session, user, SAMPLE_ADDRESS)
    onward = signing_in.own_page(str(sent.get("onward") or "/"))
    return await _signed_in(request, opened, user, onward)


@router.post("/session/end")
async def end_session(request: Request, opened: Opened, _sent: Sent) -> RedirectResponse:
    """End this browser's session and go to the front page."""
    log.info("signed_out")
    response = RedirectResponse("/", 303)
    await _end_session(request, opened)
    leave_nothing(response, opened.settings, COOKIE, FORM_COOKIE)
    return response


async def _signed_in(
    request: Request, opened: Resources, user: User, onward: str
) -> RedirectResponse:
    """Give this browser a session of its own: one it may have brought along ends."""
    await _end_session(request, opened)
    async with transaction(opened.sessions) as session:
        secret = await open_session(session, user.id, request.headers.get("user-agent", ""))
    log.info("signed_in", user_id=str(user.id))
    response = RedirectResponse(onward, 303)
    keep_cookie(response, opened.settings, COOKIE, secret, lasts=LASTS)
    drop_cookie(response, opened.settings, FORM_COOKIE)
    return response


async def _end_session(request: Request, opened: Resources) -> None:
    secret = cookie(request, opened.settings, COOKIE)
    if secret is not None:
        async with transaction(opened.sessions) as session:
            await close_session(session, secret)


def _said_yes(code: str, error: str) -> str:
    if error or not code:
        message = "Nobody was signed in: GitHub says you would rather not."
        raise Permanent(message, code="sign_in_declined")
    return code


def _github(opened: Resources) -> GitHubSignIn:
    github = GitHubSignIn(opened.settings)
    if not github.is_open:
        raise HTTPException(404, "Signing in with GitHub is not set up here.")
    return github


def _asked(
    request: Request,
    opened: Resources,
    visitor: Visitor,
    onward: str,
    *,
    sentence: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    onward = signing_in.own_page(onward)
    return answer(
        request,
        opened.settings,
        visitor,
        "sign_in.html",
        status=status,
        onward=onward,
        sentence=sentence,
    )
