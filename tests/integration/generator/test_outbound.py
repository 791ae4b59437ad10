"""The door to the outside connects to the address it checked, and to nobody else's certificate."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from techub_generator.outbound import Limits, Outbound, Unfetched

LIMITS = Limits(size=1_000, seconds=5)
CUT = Limits(size=1_000, seconds=5, cut=True)
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"


@dataclass(frozen=True, slots=True)
class Place:
    """A server on the loopback that calls itself avatars.test, and what it was asked."""

    port: int
    trusting: ssl.SSLContext
    heads: list[bytes]

    def door(self, host: str) -> Outbound:
        """Return a door for which `host` leads to this place."""

        async def resolve(_: str, __: int) -> Sequence[str]:
            return ["127.0.0.1"]

        return Outbound(frozenset({f"{host}:{self.port}"}), resolve, self.trusting)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a certificate for avatars.test; skip where there is no openssl."""
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "cert.pem", folder / "key.pem"
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-keyout", str(key), "-out", str(made), "-subj", "/CN=avatars.test"]
    command += ["-addext", "subjectAltName=DNS:avatars.test"]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.fixture
async def place(certificate: tuple[Path, Path]) -> AsyncIterator[Place]:
    """Serve as avatars.test."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(*certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Place(port, ssl.create_default_context(cafile=certificate[0]), heads)


async def test_checked_address_right_name(place: Place) -> None:
    """The connection goes to the address, the name goes into the handshake and the request."""
    address = f"https://avatars.test:{place.port}/a"
    fetched = await place.door("avatars.test").fetch(address, LIMITS)

    assert (fetched.content, fetched.url, fetched.status) == (b"hello", address, 200)
    [head] = place.heads
    assert f"host: avatars.test:{place.port}".encode() in head.lower()
    assert b"cookie" not in head.lower()
    assert b"authorization" not in head.lower()


async def test_ssrf_wrong_certificate(place: Place) -> None:
    """Somebody else's certificate ends the conversation before anything is asked."""
    with pytest.raises(Unfetched, match="ConnectError"):
        await place.door("other.test").fetch(f"https://other.test:{place.port}/a", LIMITS)

    assert place.heads == []


async def test_too_large(place: Place) -> None:
    """Reading stops at the limit."""
    with pytest.raises(Unfetched, match="larger than 4 bytes"):
        await place.door("avatars.test").fetch(
            f"https://avatars.test:{place.port}/a", Limits(size=4, seconds=5)
        )


async def test_too_slow() -> None:
    """A server that accepts and says nothing is left after the time allowed."""

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        door = Outbound(frozenset({f"127.0.0.1:{port}"}))
        with pytest.raises(Unfetched, match=r"longer than 0\.2 s"):
            await door.fetch(f"http://127.0.0.1:{port}/", Limits(size=4, seconds=0.2))


@pytest.mark.parametrize(
    ("encoding", "body", "limits", "outcome"),
    [
        ("gzip", gzip.compress(b"hello"), LIMITS, b"hello"),
        ("deflate", zlib.compress(b"hello"), LIMITS, b"hello"),
        ("gzip", gzip.compress(bytes(50_000_000)), LIMITS, "larger than 1,000 bytes"),
        ("gzip", gzip.compress(bytes(50_000_000)), CUT, bytes(1_000)),
        ("gzip", gzip.compress(b"hello")[:-9], LIMITS, b"hello"),
        ("gzip", b"this is no gzip at all", LIMITS, "could not be reached"),
        ("br", b"hello", LIMITS, "an encoding that was not asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"hello")), LIMITS, "an encoding"),
    ],
    ids=["gzip", "deflate", "bomb", "bomb, cut", "broken off", "no gzip", "brotli", "twice"],
)
async def test_compressed(encoding: str, body: bytes, limits: Limits, outcome: bytes | str) -> None:
    """What comes compressed counts as what it becomes, and is never unpacked past the limit."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        fetching = Outbound(frozenset({f"127.0.0.1:{port}"})).fetch(
            f"http://127.0.0.1:{port}/", limits
        )
        if isinstance(outcome, bytes):
            assert (await fetching).content == outcome
        else:
            with pytest.raises(Unfetched, match=outcome):
                await fetching
