"""The door to the outside connects to the address it checked, and to nobody else's certificate."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from techub_generator.outbound import Limits, Outbound, Unfetched

LIMITS = Limits(size=1_000, seconds=5)
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
    body = await place.door("avatars.test").fetch(f"https://avatars.test:{place.port}/a", LIMITS)

    assert body == b"hello"
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
