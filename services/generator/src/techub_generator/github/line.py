"""The line to GitHub: signs each request, and tries what passes once more or with another word."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from techub_common import tracing
from techub_common.errors import Permanent, Transient
from techub_common.tracing import Span, SpanKind
from techub_generator.github.credentials import Credential, Wallet, fingerprint
from techub_generator.github.quota import Noted
from techub_generator.github.refusals import refusal, unavailable

LARGEST: Final = 16_000_000
SHORT_WAIT: Final = 2.0
PAUSE: Final = 0.25
UNMINTED_FOR: Final = 30.0

Conditions = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request; `conditions` gives the headers that make it conditional, by whose word it goes.

    Of an answer longer than `limit` only the beginning is read; without one it is an error.
    """

    method: str
    path: str
    resource: str
    params: Mapping[str, int]
    headers: Mapping[str, str]
    json: Any = None
    limit: int | None = None
    conditions: Conditions = lambda _: {}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `by` tells whose word it was asked with."""

    status: int
    headers: httpx.Headers
    body: bytes
    by: str

    @property
    def unchanged(self) -> bool:
        """Return whether it is as we know it."""
        return self.status == httpx.codes.NOT_MODIFIED

    def page_of(self, relation: str) -> int | None:
        """Return the number of the page a Link header names."""
        link = httpx.Response(200, headers=self.headers).links.get(relation)
        if link is None:
            return None
        page = ""
        with suppress(httpx.InvalidURL, KeyError):
            page = httpx.URL(link["url"]).params.get("page", "")
        return int(page) if page.isascii() and page.isdigit() else None


LIMITS: Final = Wanted("GET", "rate_limit", "", {}, {})


@dataclass(frozen=True, slots=True)
class Line:
    """What every conversation shares: connections, turns, credentials, the gauge."""

    http: httpx.AsyncClient
    graphql: str
    turns: asyncio.Semaphore
    wallet: Wallet
    patience: float
    noted: Noted

    async def ask(self, wanted: Wanted, liked: Credential | None) -> tuple[Reply, Credential]:
        """Return the answer and who got it; raise Transient or Permanent when nothing helps.

        A 401 and a limit are passed on to the next credential; what may pass soon is tried twice.
        """
        try:
            return await self._answered(wanted, liked)
        except Transient as error:
            wait = PAUSE if error.retry_after is None else error.retry_after
            slow = isinstance(error.__cause__, TimeoutError | httpx.TimeoutException)
            if slow or wait > SHORT_WAIT:
                raise
        await asyncio.sleep(wait * random.uniform(1.0, 1.5))  # noqa: S311  # only spreads
        return await self._answered(wanted, liked)

    async def limits_of(self, credential: Credential) -> Reply:
        """Return what GitHub says of a credential and its quota, which costs none of it.

        Raises Transient when GitHub does not answer, and what may be raised for want of a bearer.
        """
        bearer = await credential.bearer()
        try:
            return await self._send(LIMITS, bearer)
        except (httpx.HTTPError, TimeoutError) as error:
            reason = f"no answer ({type(error).__name__})"
            raise unavailable(reason) from error

    async def _answered(self, wanted: Wanted, liked: Credential | None) -> tuple[Reply, Credential]:
        turned = set[Credential]()
        while True:
            credential = self.wallet.pick(wanted.resource, liked)
            bearer = await self._bearer(credential)
            if bearer == "":
                continue
            try:
                reply = await self._send(wanted, bearer)
            except (httpx.HTTPError, TimeoutError) as error:
                reason = f"no answer ({type(error).__name__})"
                raise unavailable(reason) from error
            credential.note(reply.headers)
            self.noted(reply.headers, credential.label)
            if reply.status < httpx.codes.MULTIPLE_CHOICES or reply.unchanged:
                self.wallet.accepted(credential)
                return reply, credential
            if (
                reply.status == httpx.codes.UNAUTHORIZED
                and credential.signed
                and await self._turned_away(credential, bearer, fresh=credential in turned)
            ):
                turned.add(credential)
                continue
            said = httpx.Response(reply.status, headers=reply.headers, content=reply.body)
            trouble = refusal(said)
            if not self._passed_on(credential, wanted.resource, trouble):
                raise trouble

    async def _bearer(self, credential: Credential) -> str | None:
        """Return what signs a request, None for nobody; empty when it cannot be had just now."""
        try:
            return await credential.bearer()
        except Permanent:
            self.wallet.refuse(credential)
        except Transient as error:
            self.wallet.rest(credential, "", error.retry_after or UNMINTED_FOR)
        return ""

    async def _turned_away(
        self, credential: Credential, bearer: str | None, *, fresh: bool
    ) -> bool:
        """Have a token minted anew, or refuse the credential; False when it is none of its fault.

        GitHub is asked about the credential itself before all of it is given up for one answer.
        """
        if not fresh and credential.forget(bearer):
            return True
        try:
            reply = await self._send(LIMITS, bearer)
        except (httpx.HTTPError, TimeoutError):
            return False
        if reply.status != httpx.codes.UNAUTHORIZED:
            return False
        self.wallet.refuse(credential)
        return True

    def _passed_on(
        self, credential: Credential, resource: str, trouble: Transient | Permanent
    ) -> bool:
        """Let a credential over its limit rest, and return whether another may ask at once."""
        wait = trouble.retry_after if isinstance(trouble, Transient) else None
        if trouble.code != "github_rate_limited" or wait is None or wait <= SHORT_WAIT:
            return False
        primary = credential.left.get(resource) == 0
        self.wallet.rest(credential, resource if primary else "", wait)
        return self.wallet.others(credential, resource)

    async def _send(self, wanted: Wanted, bearer: str | None) -> Reply:
        by = fingerprint(bearer)
        headers = {**wanted.headers, **wanted.conditions(by)}
        if bearer:
            headers["authorization"] = f"Bearer {bearer}"
        largest = wanted.limit or LARGEST
        async with (
            _noted(wanted) as span,
            self.turns,
            asyncio.timeout(2 * self.patience),
            self.http.stream(
                wanted.method,
                wanted.path.lstrip("/"),
                params=wanted.params,
                headers=headers,
                json=wanted.json,
            ) as response,
        ):
            span.set_attribute("http.response.status_code", response.status_code)
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > largest:
                    break
        if len(body) > largest and wanted.limit is None:
            reason = f"more than {LARGEST:,} bytes"
            raise httpx.DecodingError(reason)
        return Reply(response.status_code, _decoded(response.headers), bytes(body[:largest]), by)


@asynccontextmanager
async def _noted(wanted: Wanted) -> AsyncIterator[Span]:
    method = {"http.request.method": wanted.method, "url.path": wanted.path}
    with tracing.span(f"{wanted.method} GitHub", SpanKind.CLIENT, **method) as span:
        yield span


def _decoded(headers: httpx.Headers) -> httpx.Headers:
    """Return the headers without those of a body that is still encoded."""
    gone = ("content-encoding", "content-length", "transfer-encoding")
    return httpx.Headers([pair for pair in headers.multi_items() if pair[0].lower() not in gone])
