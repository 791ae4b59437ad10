"""Opens the line to GitHub with every credential that is configured."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from techub_generator.github.app import App, app_credential
from techub_generator.github.asking import Asking
from techub_generator.github.credentials import Wallet, anonymous, tokens
from techub_generator.github.line import Line
from techub_generator.github.quota import Noted
from techub_generator.github.standing import Standing, standings
from techub_generator.kept import Kept

SIDE_BY_SIDE: Final = 32  # GitHub's secondary limit begins at 100
PATIENCE: Final = 10.0
KEPT_OPEN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Keys:
    """What we were given to ask GitHub with; nothing at all means anonymous."""

    tokens: Sequence[str] = ()
    app: App | None = None


class GitHub:
    """GitHub, ready to be asked."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def asking(self, before: Mapping[str, Kept] | None = None) -> Asking:
        """Return a conversation that knows what these earlier answers were."""
        return Asking(self._line, before or {})

    async def standings(self) -> Sequence[Standing]:
        """Return how GitHub stands to each of our credentials, or to nobody where there is none."""
        return await standings(self._line)


@asynccontextmanager
async def open_github(
    url: str, keys: Keys, patience: float = PATIENCE, noted: Noted = lambda *_: None
) -> AsyncIterator[GitHub]:
    """Yield the GitHub at `url`, asked with `keys`; `noted` is given every answer's headers."""
    async with httpx.AsyncClient(
        base_url=url,
        headers={
            "accept": "application/vnd.github+json",
            "x-github-api-version": "2022-11-28",
            "user-agent": "techub-generator",
        },
        timeout=httpx.Timeout(patience, connect=patience / 2),
        limits=httpx.Limits(max_connections=SIDE_BY_SIDE, keepalive_expiry=KEPT_OPEN),
        follow_redirects=True,
        max_redirects=3,
        trust_env=False,
    ) as http:
        yield github_over(http, keys, patience, noted)


def github_over(
    http: httpx.AsyncClient,
    keys: Keys,
    patience: float = PATIENCE,
    noted: Noted = lambda *_: None,
) -> GitHub:
    """Return the GitHub a client leads to."""
    app = [app_credential(http, keys.app)] if keys.app else []
    wallet = Wallet([*app, *tokens(keys.tokens), anonymous()])
    turns = asyncio.Semaphore(SIDE_BY_SIDE)
    return GitHub(Line(http, graphql_address(http.base_url), turns, wallet, patience, noted))


def graphql_address(rest: httpx.URL) -> str:
    """Return where GraphQL is asked: below REST, but for Enterprise servers, where it is beside."""
    base = str(rest).rstrip("/")
    return f"{base.removesuffix('/v3') if base.endswith('/api/v3') else base}/graphql"
