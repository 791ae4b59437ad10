"""GitHub's sign-in for web applications, and tokens for apps."""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from techub_devstack.doubles.github_wire import Wire
from techub_devstack.doubles.pages import page
from techub_devstack.doubles.sample_folder import SampleFolder

CODE_SECONDS = 600
DENIED = "The user has denied your application access."
BAD_CODE = {
    "error": "bad_verification_code",
    "error_description": "The code passed is incorrect or expired.",
    "error_uri": "https://docs.github.com/apps/managing-oauth-apps/"
    "troubleshooting-oauth-app-access-token-request-errors/#bad-verification-code",
}


@dataclass(frozen=True, slots=True)
class Granted:
    """A code somebody's yes was worth: good once, for ten minutes, to whoever can prove it."""

    login: str
    challenge: str | None
    until: float

    def may_have_a_token(self, given: Mapping[str, Any]) -> bool:
        """Return whether the code is fresh and the verifier is the challenge's (RFC 7636)."""
        if self.until <= time.monotonic():
            return False
        if self.challenge is None:
            return True
        hashed = hashlib.sha256(str(given.get("code_verifier", "")).encode()).digest()
        return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() == self.challenge


def sign_in_routes(folder: SampleFolder, wire: Wire) -> APIRouter:  # noqa: C901 - a list of routes
    """Return the routes of the web flow; its tokens are known to /user for as long as we run."""
    router = APIRouter()
    codes: dict[str, Granted] = {}
    tokens: dict[str, str] = {}

    def signed_in(request: Request) -> str | None:
        _, _, token = request.headers.get("authorization", "").partition(" ")
        return tokens.get(token)

    @router.get("/login/oauth/authorize")
    async def authorize(request: Request, redirect_uri: str, state: str = "") -> Response:
        """Let a person choose who to be; `login` in the query chooses at once, `deny` refuses."""
        query = dict(request.query_params)
        login = query.pop("login", "")
        separator = "&" if "?" in redirect_uri else "?"
        if query.pop("deny", ""):
            refusal = {"error": "access_denied", "error_description": DENIED, "state": state}
            return RedirectResponse(f"{redirect_uri}{separator}{urlencode(refusal)}", 302)
        if folder.folder_of(login) is None:
            people = [
                (folder.read(known, "user") or {}, urlencode({**query, "login": known}))
                for known in folder.logins()
            ]
            users = [(user, link) for user, link in people if user.get("type") == "User"]
            return HTMLResponse(page("sign_in.html", people=users))
        code = secrets.token_hex(10)
        challenge = query.get("code_challenge")
        codes[code] = Granted(login, challenge, time.monotonic() + CODE_SECONDS)
        answer = urlencode({"code": code, "state": state})
        return RedirectResponse(f"{redirect_uri}{separator}{answer}", 302)

    @router.post("/login/oauth/access_token")
    async def access_token(request: Request) -> Response:
        given = await _given(request)
        granted = codes.pop(str(given.get("code")), None)
        answer: dict[str, Any] = BAD_CODE
        if granted is not None and granted.may_have_a_token(given):
            token = f"gho_{secrets.token_hex(18)}"
            tokens[token] = granted.login
            answer = {"access_token": token, "token_type": "bearer", "scope": "read:user"}
        if "json" in request.headers.get("accept", ""):
            return JSONResponse(answer)
        return Response(urlencode(answer), media_type="application/x-www-form-urlencoded")

    @router.get("/user")
    async def user(request: Request) -> Response:
        login = signed_in(request)
        if login is None:
            return wire.refused(request, 401, "Bad credentials")
        return wire.answer(request, folder.read(login, "user"))

    @router.get("/user/emails")
    async def emails(request: Request) -> Response:
        login = signed_in(request)
        if login is None:
            return wire.refused(request, 401, "Bad credentials")
        address = f"{login.lower()}@example.com"
        primary = {"email": address, "primary": True, "verified": True, "visibility": "private"}
        return wire.answer(request, [primary])

    @router.post("/app/installations/{installation}/access_tokens")
    async def installation_token(request: Request, installation: int) -> Response:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return wire.refused(request, 401, "A JSON web token could not be decoded")
        expires = datetime.now(UTC) + timedelta(hours=1)
        answer = {
            "token": f"ghs_{installation}{secrets.token_hex(16)}",
            "expires_at": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
            "permissions": {"metadata": "read"},
            "repository_selection": "all",
        }
        return wire.answer(request, answer, status=201)

    return router


async def _given(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        document: dict[str, Any] = await request.json()
        return document
    body = (await request.body()).decode()
    return {**request.query_params, **dict(parse_qsl(body))}
