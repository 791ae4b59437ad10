"""A GitHub App: a signed JWT in, an installation token out that is good for an hour."""

import base64
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from techub_devstack.doubles.github_wire import Wire

HOUR = timedelta(hours=1)
LONGEST_JWT = 600
PARTS = 3
DOCUMENTED = "/rest/apps/apps#create-an-installation-access-token-for-an-app"


def app_routes(wire: Wire) -> APIRouter:
    """Return the route that mints tokens; the signature itself is taken on trust."""
    router = APIRouter()

    @router.post("/app/installations/{number:int}/access_tokens")
    async def mint(request: Request, number: int) -> Response:
        wrong = _wrong_with(request.headers.get("authorization", ""))
        if wrong:
            return wire.refused(request, 401, wrong, "/rest")
        if number <= 0:
            return wire.refused(request, 404, "Not Found", DOCUMENTED)
        until = datetime.now(UTC) + HOUR
        document = {
            "token": f"ghs_{secrets.token_hex(18)}",
            "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            "permissions": {"metadata": "read"},
            "repository_selection": "all",
        }
        return wire.answer(request, document, status=201)

    return router


def _wrong_with(authorization: str) -> str | None:
    """Return what GitHub says about a JWT it does not take, None for a good one."""
    parts = authorization.removeprefix("Bearer ").split(".")
    try:
        header, claims = (_decoded(part) for part in parts[:2])
    except ValueError:
        return "A JSON web token could not be decoded"
    if len(parts) != PARTS or header.get("alg") != "RS256" or not parts[2]:
        return "A JSON web token could not be decoded"
    now = time.time()
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or issued > now:
        said = "must be an Integer representing the time that the assertion was issued"
        return f"'Issued at' claim ('iat') {said}"
    if not isinstance(expires, int) or not now < expires <= now + LONGEST_JWT:
        said = "must be a numeric value representing the future time at which the assertion expires"
        return f"'Expiration time' claim ('exp') {said}"
    return None if claims.get("iss") else "'Issuer' claim ('iss') must be an Integer"


def _decoded(part: str) -> dict[str, Any]:
    text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    document: dict[str, Any] = json.loads(text)
    return document
