"""The one door through which addresses given by others are fetched."""

import asyncio
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from techub_common.errors import TecHubError
from techub_generator.addresses import is_public

PORTS: Final = {"http": 80, "https": 443}
REDIRECTS: Final = 3
TRIED_ADDRESSES: Final = 3
GONE: Final = (httpx.codes.NOT_FOUND, httpx.codes.GONE)
GZIP_OR_ZLIB: Final = 47  # zlib's way to say: whichever of the two it is
ENCODINGS: Final = ("gzip", "x-gzip", "deflate")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Unfetched(TecHubError):
    """Nothing was fetched; `gone` says that the other side has nothing under this address."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come, and how long it may take, redirects and all.

    Sizes are of the body as it is used, not as it travels. With `cut` a longer one is read up to
    the limit; else it is refused. `plain` lets http through beside https.
    """

    size: int
    seconds: float
    cut: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What lies at an address; `url` is where it was found in the end."""

    url: str
    status: int
    content_type: str
    content: bytes


async def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as the system's resolver gives them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outbound:
    """Fetches from public addresses only, and connects to the address it checked.

    A host is resolved once per hop; nothing but its scheme's own port is asked. `allowed` lists
    `host:port` pairs that may be reached whatever they are; for development.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        resolve: Resolve = resolved,
        tls: ssl.SSLContext | None = None,
        ports: dict[str, int] = PORTS,
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._ports = ports

    async def fetch(self, address: str, limits: Limits) -> Fetched:
        """Return what lies at the address; raise Unfetched."""
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._follow(address, limits)
        except TimeoutError as error:
            message = f"it took longer than {limits.seconds:g} s"
            raise Unfetched(message) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, zlib.error) as error:
            message = f"it could not be reached ({type(error).__name__})"
            raise Unfetched(message) from error

    async def _follow(self, address: str, limits: Limits) -> Fetched:
        url = httpx.URL(address)
        for _ in range(REDIRECTS + 1):
            answer = await self._get(url, limits)
            if isinstance(answer, Fetched):
                return answer
            url = answer
        message = f"it redirects more than {REDIRECTS} times"
        raise Unfetched(message)

    async def _get(self, url: httpx.URL, limits: Limits) -> Fetched | httpx.URL:
        """Return what is there, or where it is said to be instead."""
        trouble: httpx.ConnectError | None = None
        for place in await self._checked(url, limits):
            try:
                return await self._ask(url, place, limits)
            except httpx.ConnectError as error:
                trouble = error
        raise trouble or Unfetched("its host has no address")

    async def _checked(self, url: httpx.URL, limits: Limits) -> Sequence[str]:
        if url.scheme not in PORTS or not url.host or url.userinfo:
            message = "its address is not one to fetch from"
            raise Unfetched(message)
        port = url.port if url.port is not None else PORTS[url.scheme]
        allowed = f"{url.host}:{port}" in self._allowed
        if not allowed and (
            port != self._ports[url.scheme] or (url.scheme == "http" and not limits.plain)
        ):
            message = "only https on its own port is fetched"
            raise Unfetched(message)
        places = await self._resolve(url.host, port)
        if not allowed and not all(map(is_public, places)):
            message = "its host is not on the public Internet"
            raise Unfetched(message)
        return places[:TRIED_ADDRESSES]

    async def _ask(self, url: httpx.URL, place: str, limits: Limits) -> Fetched | httpx.URL:
        # A client of its own for every hop: no cookie, credential or proxy comes along.
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=None) as http,  # noqa: S113  # the whole fetch is timed
            http.stream(
                "GET",
                url.copy_with(host=place),
                headers={
                    "host": url.netloc.decode("ascii"),
                    "accept": "*/*",
                    "accept-encoding": "gzip, deflate",
                    "user-agent": "TecHub/1.0 (+https://techub.life)",
                },
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            ) as response,
        ):
            if response.has_redirect_location:
                return url.join(response.headers["location"])
            if response.status_code != httpx.codes.OK:
                message = f"the other side answered {response.status_code}"
                raise Unfetched(message, gone=response.status_code in GONE)
            return Fetched(
                url=str(url),
                status=response.status_code,
                content_type=response.headers.get("content-type", ""),
                content=await _body(response, limits),
            )


async def _body(response: httpx.Response, limits: Limits) -> bytes:
    body = bytearray()
    async for part in _decoded(response, limits.size + 1):
        body += part
        if len(body) > limits.size:
            if limits.cut:
                break
            message = f"it is larger than {limits.size:,} bytes"
            raise Unfetched(message)
    return bytes(body[: limits.size])


async def _decoded(response: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """Give the body as it is used, never more than `most` bytes at a time."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        async for chunk in response.aiter_raw():
            yield chunk
        return
    if encoding not in ENCODINGS:
        message = "it came in an encoding that was not asked for"
        raise Unfetched(message)
    inflater = zlib.decompressobj(GZIP_OR_ZLIB)
    async for chunk in response.aiter_raw():
        rest = chunk
        while rest and not inflater.eof:
            yield inflater.decompress(rest, most)
            rest = inflater.unconsumed_tail
