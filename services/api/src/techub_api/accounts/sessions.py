"""Who is signed in in a browser: a signed cookie that holds the user's id and nothing else."""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from techub_api.settings import Settings
from techub_common.settings import AppEnv

COOKIE: Final = "techub_session"
LASTS: Final = timedelta(days=30)


def signer(settings: Settings, purpose: str) -> URLSafeTimedSerializer:
    """Return what signs for one purpose; a signature for another is not accepted."""
    return URLSafeTimedSerializer(
        settings.secret_key.get_secret_value(),
        salt=f"techub {purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def sign_in(response: Response, settings: Settings, user_id: UUID) -> None:
    """Make the browser that gets this answer the user's for 30 days."""
    keep_cookie(
        response, settings, COOKIE, signer(settings, "session").dumps(user_id.hex), lasts=LASTS
    )


def sign_out(response: Response, settings: Settings) -> None:
    """Make the browser that gets this answer nobody's."""
    drop_cookie(response, settings, COOKIE)


def signed_in(request: Request, settings: Settings) -> UUID | None:
    """Return whose browser this is; None for nobody's, a forged cookie and one past its time."""
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        return None
    try:
        return UUID(
            hex=signer(settings, "session").loads(cookie, max_age=int(LASTS.total_seconds()))
        )
    except (BadSignature, ValueError):
        return None


def keep_cookie(
    response: Response,
    settings: Settings,
    name: str,
    value: str,
    *,
    lasts: timedelta | None = None,
) -> None:
    """Set a cookie no script reads and no other site sends along with a form."""
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()) if lasts else None,
        httponly=True,
        samesite="lax",
        secure=settings.app_env is not AppEnv.development,
    )


def drop_cookie(response: Response, settings: Settings, name: str) -> None:
    """Make the browser forget a cookie."""
    response.delete_cookie(
        name, httponly=True, samesite="lax", secure=settings.app_env is not AppEnv.development
    )
