"""The one door through which addresses given by others are fetched."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from techub_common.errors import TecHubError
from techub_generator.addresses import is_public

PORTS: Final = {"http": 80, "https": 443}
REDIRECTS: Final = 2
TRIED_ADDRESSES: Final = 3
GONE: Final = (httpx.codes.NOT_FOUND, httpx.codes.GONE)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Unfetched(TecHubError):
    """Nothing was fetched; `gone` says that the other side has nothing under this address."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come, and how long it may take, redirects and all."""

    size: int
    seconds: float


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as the system's resolver gives them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outbound:
    """Fetches over https from public addresses only, and connects to the address it checked.

    `allowed` lists `host:port` pairs that may be reached whatever they are; for development.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        resolve: Resolve = resolved,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._tls = tls or httpx.create_ssl_context(trust_env=False)

    async def fetch(self, address: str, limits: Limits) -> bytes:
        """Return the body at the address; raise Unfetched."""
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._follow(address, limits.size)
        except TimeoutError as error:
            message = f"it took longer than {limits.seconds:g} s"
            raise Unfetched(message) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            message = f"it could not be reached ({type(error).__name__})"
            raise Unfetched(message) from error

    async def _follow(self, address: str, size: int) -> bytes:
        url = httpx.URL(address)
        for _ in range(REDIRECTS + 1):
            answer = await self._get(url, size)
            if isinstance(answer, bytes):
                return answer
            url = answer
        message = f"it redirects more than {REDIRECTS} times"
        raise Unfetched(message)

    async def _get(self, url: httpx.URL, size: int) -> bytes | httpx.URL:
        """Return the body, or where it is said to be instead."""
        trouble: httpx.ConnectError | None = None
        for place in await self._checked(url):
            try:
                return await self._ask(url, place, size)
            except httpx.ConnectError as error:
                trouble = error
        raise trouble or Unfetched("its host has no address")

    async def _checked(self, url: httpx.URL) -> Sequence[str]:
        if url.scheme not in PORTS or not url.host or url.userinfo:
            message = "its address is not one to fetch from"
            raise Unfetched(message)
        port = url.port if url.port is not None else PORTS[url.scheme]
        allowed = f"{url.host}:{port}" in self._allowed
        if not allowed and (url.scheme != "https" or port != PORTS["https"]):
            message = "only https on its own port is fetched"
            raise Unfetched(message)
        places = await self._resolve(url.host, port)
        if not allowed and not all(map(is_public, places)):
            message = "its host is not on the public Internet"
            raise Unfetched(message)
        return places[:TRIED_ADDRESSES]

    async def _ask(self, url: httpx.URL, place: str, size: int) -> bytes | httpx.URL:
        # A client of its own for every hop: no cookie, credential or proxy comes along.
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=None) as http,  # noqa: S113  # the whole fetch is timed
            http.stream(
                "GET",
                url.copy_with(host=place),
                headers={
                    "host": url.netloc.decode("ascii"),
                    "accept": "*/*",
                    "accept-encoding": "identity",
                    "user-agent": "techub-generator",
                },
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            ) as response,
        ):
            if response.has_redirect_location:
                return url.join(response.headers["location"])
            if response.status_code != httpx.codes.OK:
                message = f"the other side answered {response.status_code}"
                raise Unfetched(message, gone=response.status_code in GONE)
            return await _body(response, size)


async def _body(response: httpx.Response, size: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        message = "it came compressed although that was not asked for"
        raise Unfetched(message)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > size:
            message = f"it is larger than {size:,} bytes"
            raise Unfetched(message)
    return bytes(body)
