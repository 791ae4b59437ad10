"""Whose word GitHub is asked with: the app's, else the token's with most quota left, else none."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
import structlog

from techub_common.errors import Permanent, Transient

log = structlog.get_logger()

CORE: Final = "core"
GRAPHQL: Final = "graphql"
RESERVE: Final = 500
REFUSED_FOR: Final = 600.0
LONGEST_WAIT: Final = 300.0

Bearer = Callable[[], Awaitable[str | None]]


@dataclass(slots=True, eq=False)
class Credential:
    """One way to sign requests, and how much GitHub still grants it.

    `rank` orders kinds: the lowest that is usable is taken. `forget` takes a bearer GitHub did
    not accept and says whether the next one will be another.
    """

    label: str
    rank: int
    bearer: Bearer
    forget: Callable[[str | None], bool] = lambda _: False
    signed: bool = True
    left: dict[str, int] = field(default_factory=dict)
    rests: dict[str, float] = field(default_factory=dict)
    refused: bool = False

    def note(self, headers: httpx.Headers) -> None:
        """Take over what an answer says about the quota."""
        left = headers.get("x-ratelimit-remaining", "")
        if left.isascii() and left.isdigit():
            self.left[headers.get("x-ratelimit-resource", CORE)] = int(left)

    def usable(self, resource: str, now: float) -> bool:
        """Return whether GitHub would answer it now, as far as we know."""
        rest = max(self.rests.get(resource, 0.0), self.rests.get("", 0.0))
        return rest <= now and (self.signed or resource == CORE)


class Wallet:
    """Every credential there is; `clock` counts seconds."""

    def __init__(
        self, credentials: Sequence[Credential], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._credentials = credentials
        self._clock = clock

    @property
    def credentials(self) -> Sequence[Credential]:
        """Return every credential, nobody's included."""
        return self._credentials

    @property
    def signed(self) -> bool:
        """Return whether any credential is configured."""
        return any(one.signed for one in self._credentials)

    def pick(self, resource: str, liked: Credential | None = None) -> Credential:
        """Return the credential to ask with; one that is `liked` while it has reserves.

        Raises Transient `github_rate_limited` when all rest, Permanent `github_unauthorized` when
        GitHub accepts none.
        """
        now = self._clock()
        usable = [one for one in self._credentials if one.usable(resource, now)]
        if not usable:
            raise self._nobody(resource, now)
        if liked in usable and liked is not None and liked.left.get(resource, RESERVE) >= RESERVE:
            return liked
        return min(usable, key=lambda one: (one.rank, -one.left.get(resource, 1 << 30)))

    def rest(self, credential: Credential, resource: str, seconds: float) -> None:
        """Leave the credential alone for so long; an empty resource means all it is used for."""
        credential.rests[resource] = self._clock() + seconds
        log.info("github_credential_rests", credential=credential.label, seconds=round(seconds))

    def refuse(self, credential: Credential) -> None:
        """Leave a credential alone that GitHub does not accept; it is tried again much later."""
        credential.refused = True
        credential.rests[""] = self._clock() + REFUSED_FOR
        log.error("github_credential_refused", credential=credential.label)

    def accepted(self, credential: Credential) -> None:
        """Take note that GitHub accepts it."""
        credential.refused = False

    def others(self, credential: Credential, resource: str) -> bool:
        """Return whether somebody else could ask."""
        now = self._clock()
        return any(one is not credential and one.usable(resource, now) for one in self._credentials)

    def _nobody(self, resource: str, now: float) -> Transient | Permanent:
        able = [one for one in self._credentials if one.signed or resource == CORE]
        resting = [one for one in able if not one.refused]
        if not resting:
            message = "GitHub does not accept our credentials; that is ours to mend."
            return Permanent(message, code="github_unauthorized")
        waits = (max(one.rests.get(resource, 0.0), one.rests.get("", 0.0)) for one in resting)
        message = "GitHub asks us to slow down; another try follows when it allows one."
        wait = min(LONGEST_WAIT, max(0.0, min(waits) - now))
        return Transient(message, code="github_rate_limited", retry_after=wait)


def tokens(given: Sequence[str]) -> list[Credential]:
    """Return a credential for each personal token."""
    return [
        Credential(f"token-{number}", 1, _fixed(token))
        for number, token in enumerate(given, start=1)
    ]


def anonymous() -> Credential:
    """Return the credential of nobody: few requests an hour, and no GraphQL."""
    return Credential("anonymous", 2, _fixed(None), signed=False)


def fingerprint(token: str | None) -> str:
    """Return what tells one bearer from another without telling it."""
    return hashlib.sha256((token or "").encode()).hexdigest()[:12]


def _fixed(token: str | None) -> Bearer:
    async def bearer() -> str | None:
        return token

    return bearer
