# ruff: noqa: RUF001  # look-alikes of dots and digits are the point
"""No address a person gives leads inside: real listeners, and every connection counted.

The door may use the listeners' port here, so that only its judgement of addresses is between a
vector and them; what it connects to is counted at the socket, wherever it leads.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Any, Final

import pytest

from techub_generator.addresses import is_public
from techub_generator.outbound import Limits, Outbound, Unfetched, resolved

LIMITS: Final = Limits(size=1_000, seconds=2.0, plain=True)
INSIDE: Final = (
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.254",
    "100.64.0.1",
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
)
INSIDE_V6: Final = (
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::7f00:1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:1::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "3fff::1",
    "5f00::1",
)
NAMES: Final = ("localhost", "LOCALHOST", "localhost.", "ip6-localhost", "0", "0x0", "00", "127.1")
IDNA: Final = (
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "①②⑦.⓪.⓪.①",
    "１２７.0.0.1",
    "ｌｏｃａｌｈｏｓｔ",
    "localhost\u200b",
    "loc\u00adalhost",
)
TRICKS: Final = (
    "http://8.8.8.8@127.0.0.1:{port}/",
    "http://8.8.8.8:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@8.8.8.8/",
    "http://user:word@127.0.0.1:{port}/",
    "http://8.8.8.8%40127.0.0.1:{port}/",
    "http://8.8.8.8\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@8.8.8.8/",
    "http:\\\\127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\t/",
    "http://127.0.0.1\n:{port}/",
    "http://127.0.0.1%00.example.org:{port}/",
    "http://127.0.0.1%2f@example.org:{port}/",
    "http://[::1]:{port}@8.8.8.8/",
    "http://[::1%25lo]:{port}/",
    "http://[::ffff:127.0.0.1%25lo]:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://127.0.0.1:0{port}/",
    "http://127.0.0.1:+{port}/",
    "http://127.0.0.1: {port}/",
    "http://8.8.8.8/@127.0.0.1:{port}/../",
    "http://8.8.8.8:{port}#@127.0.0.1:{port}/",
    "http://8.8.8.8:{port}?@127.0.0.1:{port}/",
)
SCHEMES: Final = (
    "file:///etc/passwd",
    "file://127.0.0.1:{port}/etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_x",
    "dict://127.0.0.1:{port}/x",
    "ldap://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "wss://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "data:text/html,hello",
    "javascript:alert(1)",
    "jar:http://127.0.0.1:{port}!/",
    "about:blank",
    "HTTP+GZIP://127.0.0.1:{port}/",
)


def forms_of(text: str) -> Iterator[str]:
    """Give an IPv4 address in every way a resolver takes it."""
    number = int(IPv4Address(text))
    a, b, c, d = (int(part) for part in text.split("."))
    yield text
    yield str(number)
    yield hex(number)
    yield f"0{number:o}"
    yield f"{a:#x}.{b:#x}.{c:#x}.{d:#x}"
    yield f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield f"{a}.{b}.{c * 256 + d}"
    yield f"{a}.{(b << 16) + (c << 8) + d}"


HOSTS: Final = tuple(
    dict.fromkeys(
        (
            *(form for one in INSIDE for form in forms_of(one)),
            *(f"[{one}]" for one in INSIDE_V6),
            *NAMES,
            *IDNA,
        )
    )
)


@dataclass(slots=True)
class Inside:
    """A listener on every address of this machine, and what was connected to."""

    port: int
    accepted: int
    tried: list[Any]

    def nobody_came(self) -> bool:
        """Return whether no address inside was so much as tried."""
        inside = [address for address in self.tried if not is_public(str(address[0]))]
        return self.accepted == 0 and inside == []


WATCHING: list[list[Any]] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and WATCHING and isinstance(arguments[1], tuple):
        WATCHING[-1].append(arguments[1])


sys.addaudithook(_watch)


@pytest.fixture
async def inside() -> AsyncIterator[Inside]:
    """Listen inside, on IPv4 and IPv6 and every address there is."""
    listener = socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=50
    )
    found = Inside(listener.getsockname()[1], 0, [])

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.accepted += 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, sock=listener):
        WATCHING.append(found.tried)
        yield found
        WATCHING.pop()


def door(inside: Inside, resolve: Any = resolved, allowed: str = "") -> Outbound:
    """Return a door that would use the listeners' port."""
    ports = {"http": inside.port, "https": inside.port}
    return Outbound(frozenset({allowed} - {""}), resolve, ports=ports)


async def refused(door: Outbound, address: str, limits: Limits = LIMITS) -> None:
    """Fetch it, which must come to nothing."""
    with pytest.raises(Unfetched):
        await door.fetch(address, limits)


async def test_ssrf_the_listeners_count(inside: Inside) -> None:
    """Somebody who is let in is counted, at the listener and at the socket."""
    for host in ("127.0.0.1", "::1"):
        there = f"[{host}]:{inside.port}" if ":" in host else f"{host}:{inside.port}"
        opened = door(inside, allowed=f"{host}:{inside.port}")
        assert (await opened.fetch(f"http://{there}/", LIMITS)).content == b"secret"

    assert inside.accepted == len(inside.tried) == 2
    assert not inside.nobody_came()


@pytest.mark.parametrize("host", HOSTS, ids=repr)
async def test_ssrf_address(inside: Inside, host: str) -> None:
    """An address inside is refused in every spelling the resolver of this machine takes."""
    await refused(door(inside), f"http://{host}:{inside.port}/")

    assert inside.nobody_came()


@pytest.mark.parametrize("trick", [*TRICKS, *SCHEMES], ids=repr)
async def test_ssrf_trick(inside: Inside, trick: str) -> None:
    """Addresses that mean one thing to a reader and another to a client are refused."""
    await refused(
        door(inside), trick.format(port=inside.port), Limits(size=99, seconds=0.3, plain=True)
    )

    assert inside.nobody_came()


@pytest.mark.parametrize("places", [(one,) for one in (*INSIDE[::2], *INSIDE_V6)], ids="".join)
async def test_ssrf_name(inside: Inside, places: Sequence[str]) -> None:
    """A name that leads inside is refused, also when it leads outside as well."""

    async def resolve(_: str, __: int) -> Sequence[str]:
        return places

    async def mixed(_: str, __: int) -> Sequence[str]:
        return ["8.8.8.8", *places]

    for answers in (resolve, mixed):
        await refused(door(inside, answers), f"http://harmless.test:{inside.port}/")

    assert inside.tried == []


@pytest.mark.parametrize("second", ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1"])
async def test_ssrf_rebinding(inside: Inside, second: str) -> None:
    """A name is asked for once; what it leads to a moment later is of no interest."""
    answers = [["8.8.8.8"], [second], [second]]

    async def resolve(_: str, __: int) -> Sequence[str]:
        return answers.pop(0)

    await refused(
        door(inside, resolve),
        f"http://rebound.test:{inside.port}/",
        Limits(size=99, seconds=0.2, plain=True),
    )

    assert len(answers) == 2
    assert {str(address[0]) for address in inside.tried} == {"8.8.8.8"}
    assert inside.nobody_came()


@pytest.fixture
async def elsewhere() -> AsyncIterator[Callable[[str], str]]:
    """Serve a place that sends everybody on; give its address for a destination."""
    target: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 302 Found\r\nlocation: {target[0]}\r\ncontent-length: 0\r\n\r\n"
        writer.write(head.encode("utf-8"))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

        def sending_to(destination: str) -> str:
            target[:] = [destination]
            return address

        yield sending_to


@pytest.mark.parametrize(
    "to",
    [
        *(f"http://{host}:{{port}}/" for host in HOSTS[::7]),
        *TRICKS[::2],
        *SCHEMES[::2],
    ],
    ids=repr,
)
async def test_ssrf_redirect(inside: Inside, elsewhere: Callable[[str], str], to: str) -> None:
    """Every hop is judged like the first."""
    start = elsewhere(to.format(port=inside.port).replace("\n", ""))
    await refused(
        door(inside, allowed=start), f"http://{start}/", Limits(size=99, seconds=1.0, plain=True)
    )

    inside.tried[:] = [one for one in inside.tried if f"{one[0]}:{one[1]}" != start]
    assert inside.nobody_came()


def test_ssrf_corpus_is_large() -> None:
    """There are at least 150 vectors, and none of the addresses among them is public."""
    assert len(HOSTS) + len(TRICKS) + len(SCHEMES) >= 150
    assert not any(is_public(str(ip_address(one))) for one in (*INSIDE, *INSIDE_V6))
