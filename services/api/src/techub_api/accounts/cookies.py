"""Cookies no script reads and no other site sends along with a form."""

import hashlib
from datetime import timedelta

from itsdangerous import URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from techub_api.settings import Settings


def signer(settings: Settings, purpose: str) -> URLSafeTimedSerializer:
    """Return what signs for one purpose; a signature for another is not accepted."""
    return URLSafeTimedSerializer(
        settings.secret_key.get_secret_value(),
        salt=f"techub {purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def cookie(request: Request, settings: Settings, name: str) -> str | None:
    """Return the value of one of our cookies."""
    return request.cookies.get(_full(settings, name))


def keep_cookie(
    response: Response,
    settings: Settings,
    name: str,
    value: str,
    *,
    lasts: timedelta | None = None,
) -> None:
    """Set a cookie for this host alone; until the browser is closed when `lasts` is None."""
    response.set_cookie(
        _full(settings, name),
        value,
        max_age=int(lasts.total_seconds()) if lasts else None,
        httponly=True,
        samesite="lax",
        secure=settings.is_https,
    )


def drop_cookie(response: Response, settings: Settings, name: str) -> None:
    """Make the browser forget a cookie."""
    response.delete_cookie(
        _full(settings, name), httponly=True, samesite="lax", secure=settings.is_https
    )


def leave_nothing(response: Response, settings: Settings, *names: str) -> None:
    """Make the browser forget these cookies, and whatever it has kept of our pages."""
    for name in names:
        drop_cookie(response, settings, name)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def _full(settings: Settings, name: str) -> str:
    """Return the name; over https a browser takes `__Host-` cookies from this very host only."""
    return f"__Host-{name}" if settings.is_https else name
