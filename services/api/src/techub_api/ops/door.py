"""Who comes in to the operators' pages: HTTP Basic, and whoever guesses is held up."""

import hashlib
import hmac
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

import structlog
from fastapi import Depends, HTTPException, Request

from techub_api.limits.buckets import Limit, address_of, take
from techub_api.resources import Resources
from techub_api.settings import Settings
from techub_api.wiring import Opened
from techub_common.settings import AppEnv

log = structlog.get_logger()

TRIES: Final = Limit("ops/address", 10, timedelta(minutes=10))
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="TecHub operators", charset="UTF-8"'}
DEVELOPER: Final = "developer"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who looks, and acts under this name."""

    name: str


class Door:
    """Knows the operators of the settings, and which answers to the challenge were right before.

    A try is counted before it is judged, so that no eleventh guess is judged within ten minutes.
    Who was let in once is known by the digest of what was sent: others' guesses from the same
    address lock nobody out. Without operators the door is shut, but for developers' own machines.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = settings.secret_key.get_secret_value().encode()
        self._known: dict[bytes, Operator] = {}

    async def let_in(self, request: Request, opened: Resources) -> Operator:
        """Return who it is; raise HTTPException 401 or 403, Permanent `too_many_requests`."""
        operators = self._settings.operators
        if not operators:
            if self._settings.app_env is AppEnv.development:
                return Operator(DEVELOPER)
            sentence = "The operators' pages are shut: OPS_HTTP_BASIC is not set."
            raise HTTPException(403, sentence)
        sent = _sent(request.headers.get("authorization"))
        if sent is None:
            raise _unknown()
        digest = self._digest("\n".join(sent))
        if (known := self._known.get(digest)) is not None:
            return known
        host = request.client.host if request.client else ""
        await take(opened.sessions, [TRIES.of(address_of(self._key.decode(), host))])
        if not self._is_right(*sent):
            log.warning("operator_refused", user=sent[0][:40])
            raise _unknown()
        operator = self._known[digest] = Operator(sent[0])
        log.info("operator_let_in", user=operator.name)
        return operator

    def _is_right(self, user: str, password: str) -> bool:
        """Compare with every operator, each as long as the other."""
        offered = self._digest(f"{user}\n{password}")
        found = [
            hmac.compare_digest(offered, self._digest(f"{name}\n{secret}"))
            for name, secret in self._settings.operators.items()
        ]
        return any(found)

    def _digest(self, text: str) -> bytes:
        return hmac.new(self._key, b"operator\n" + text.encode(), hashlib.sha256).digest()


def _sent(header: str | None) -> tuple[str, str] | None:
    """Return user and password of the header (RFC 7617); None when it holds none."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None


def _unknown() -> HTTPException:
    return HTTPException(401, "These pages are for operators.", headers=CHALLENGE)


async def operator(request: Request, opened: Opened) -> Operator:
    """Return the operator who asks, or refuse."""
    door: Door = request.app.state.ops_door
    return await door.let_in(request, opened)


AsOperator = Annotated[Operator, Depends(operator)]
