"""The app's installation token: minted once, kept until shortly before it expires."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
import jwt

from techub_common.errors import Permanent
from techub_generator.github.credentials import Credential
from techub_generator.github.refusals import refusal, unavailable

MARGIN: Final = 300.0
JWT_SECONDS: Final = 540
CLOCKS_APART: Final = 60


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App as it is configured; the key is PEM."""

    id: str
    private_key: str
    installation_id: int


class AppToken:
    """Mints installation tokens, one at a time; `clock` is in seconds since the epoch."""

    def __init__(
        self, http: httpx.AsyncClient, app: App, clock: Callable[[], float] = time.time
    ) -> None:
        self._http = http
        self._app = app
        self._clock = clock
        self._token = ""
        self._until = 0.0
        self._turn = asyncio.Lock()

    async def bearer(self) -> str:
        """Return a token that is good for some minutes; raise Transient, Permanent."""
        async with self._turn:
            if self._clock() > self._until - MARGIN:
                await self._mint()
            return self._token

    def forget(self, bearer: str | None) -> bool:
        """Have another token minted than this one; True, for the next one is another."""
        if bearer == self._token:
            self._until = 0.0
        return True

    async def _mint(self) -> None:
        path = f"app/installations/{self._app.installation_id}/access_tokens"
        headers = {"authorization": f"Bearer {self._signed()}"}
        try:
            response = await self._http.post(path, headers=headers)
        except httpx.HTTPError as error:
            reason = f"no token for the app ({type(error).__name__})"
            raise unavailable(reason) from error
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN):
            message = "GitHub knows no such installation of our app (GITHUB_INSTALLATION_ID)."
            raise Permanent(message, code="github_unauthorized")
        if not response.is_success:
            raise refusal(response)
        try:
            answer: dict[str, Any] = response.json()
            self._until = datetime.fromisoformat(answer["expires_at"]).timestamp()
            self._token = str(answer["token"])
        except (ValueError, KeyError, TypeError) as error:
            reason = "its token for the app cannot be read"
            raise unavailable(reason) from error

    def _signed(self) -> str:
        now = int(self._clock())
        claims = {"iat": now - CLOCKS_APART, "exp": now + JWT_SECONDS, "iss": self._app.id}
        return jwt.encode(claims, self._app.private_key, algorithm="RS256")


def app_credential(http: httpx.AsyncClient, app: App) -> Credential:
    """Return the credential of the app's installation; it comes before every other."""
    token = AppToken(http, app)
    return Credential("app", 0, token.bearer, token.forget)
