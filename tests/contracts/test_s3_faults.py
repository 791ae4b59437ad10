"""What a bucket's answers mean, told by a server that answers whatever it is told to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic import SecretStr

from techub_common.errors import Away, Permanent
from techub_common.settings import StorageSettings
from techub_common.storage import open_store, s3

EMPTY = b"<?xml version='1.0'?><ListBucketResult><Name>techub</Name></ListBucketResult>"
PASSING = [
    (500, "InternalError"),
    (503, "SlowDown"),
    (503, "ServiceUnavailable"),
    (502, None),
    (400, "RequestTimeout"),
    (403, "RequestTimeTooSkewed"),
    (409, "OperationAborted"),
]
REFUSALS = [
    (403, "AccessDenied"),
    (403, "InvalidAccessKeyId"),
    (403, "SignatureDoesNotMatch"),
    (400, "ExpiredToken"),
    (404, "NoSuchBucket"),
    (301, "PermanentRedirect"),
    (400, "AuthorizationHeaderMalformed"),
]


class FakeS3:
    """Answers lists with an empty bucket, and everything else with `answer`; counts requests."""

    def __init__(self) -> None:
        self.answer = http(200, b"")
        self.listing = http(200, EMPTY)
        self.requests = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                fields = dict(
                    line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line
                )
                if "100-continue" in fields.get("expect", ""):
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await reader.readexactly(int(fields.get("content-length", 0)))
                if "list-type" in head:
                    writer.write(self.listing)
                    continue
                self.requests += 1
                if not self.answer:
                    await asyncio.sleep(30)
                writer.write(self.answer)
                if b"\r\n\r\nhalf" in self.answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def http(status: int, body: bytes, length: int | None = None) -> bytes:
    """Return an HTTP answer, which may promise another length than it has."""
    head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body) if length is None else length}"
    return f"{head}\r\nContent-Type: application/xml\r\n\r\n".encode() + body


def refusal(status: int, code: str | None) -> bytes:
    """Return an error as S3 tells it; without a code as a proxy before it does."""
    body = f"<Error><Code>{code}</Code><Message>m</Message></Error>" if code else "<html>"
    return http(status, body.encode())


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[FakeS3]:
    """Give the server, on a port of its own."""
    made = FakeS3()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = "http://{}:{}".format(*listening.sockets[0].getsockname())
    yield made
    listening.close()


@pytest.fixture(scope="module")
async def store(server: FakeS3) -> AsyncIterator[s3.S3Store]:
    """Give the store, open."""
    async with open_store(settings_of(server)) as opened:
        assert isinstance(opened, s3.S3Store)
        yield opened


@pytest.fixture
def fake(server: FakeS3) -> FakeS3:
    """Give the server with nothing wrong."""
    server.answer, server.listing, server.requests = http(200, b""), http(200, EMPTY), 0
    return server


def settings_of(server: FakeS3) -> StorageSettings:
    """Return the settings of somebody who uses the server."""
    return StorageSettings(
        storage_url=f"s3://techub?endpoint_url={server.url}",
        aws_access_key_id="somebody",
        aws_secret_access_key=SecretStr("a-secret"),
    )


OPERATIONS: tuple[Callable[[s3.S3Store], Awaitable[object]], ...] = (
    lambda store: store.get("runs/a"),
    lambda store: store.put("runs/a", b"x", "text/plain"),
    lambda store: store.copy("runs/a", "runs/b", "text/plain"),
    lambda store: store.fetch("runs/a", unless='"x"'),
    lambda store: store.delete("runs/a"),
)


@pytest.mark.parametrize(("status", "code"), [*PASSING, *REFUSALS])
async def test_trouble_while_running_is_waited_for(
    fake: FakeS3, store: s3.S3Store, status: int, code: str | None
) -> None:
    """Whatever is wrong with the store, the work is kept: nothing becomes a failed step."""
    fake.answer = refusal(status, code)

    raised = await asyncio.gather(
        *(operation(store) for operation in OPERATIONS), return_exceptions=True
    )

    assert [type(error) for error in raised] == [Away] * len(OPERATIONS), raised
    assert all(str(error).startswith("the bucket techub at http") for error in raised)
    assert fake.requests <= 3 * len(OPERATIONS)  # twice, and a redirect asks for the region


@pytest.mark.parametrize(("status", "code"), PASSING)
async def test_trouble_that_passes_does_not_end_a_start(
    fake: FakeS3, store: s3.S3Store, status: int, code: str | None
) -> None:
    """A store that is busy when the service starts is found when it is back."""
    fake.listing = refusal(status, code)

    await store.begin()


@pytest.mark.parametrize(("status", "code"), REFUSALS)
async def test_a_refusal_ends_a_start(
    fake: FakeS3, store: s3.S3Store, status: int, code: str
) -> None:
    """What no waiting mends is said at once, in one line without the secret."""
    fake.listing = refusal(status, code)

    with pytest.raises(Permanent, match="the bucket techub at http") as raised:
        await store.begin()

    assert raised.value.code == "storage_refused"
    assert "\n" not in str(raised.value)
    assert "a-secret" not in str(raised.value)


@pytest.mark.parametrize("code", ["KeyTooLongError", "XMinioInvalidObjectName"])
async def test_keys_a_vendor_refuses(fake: FakeS3, store: s3.S3Store, code: str) -> None:
    """A key the vendor does not take is nothing to wait for."""
    fake.answer = refusal(400, code)

    with pytest.raises(Permanent) as raised:
        await store.put("runs/a", b"", "text/plain")

    assert raised.value.code == "bad_key"


async def test_a_body_that_breaks_off(fake: FakeS3, store: s3.S3Store) -> None:
    """Half an object is no object."""
    fake.answer = http(200, b"half", length=1000)

    with pytest.raises(Away):
        await store.get("runs/a")


async def test_a_copy_that_fails_late(fake: FakeS3, store: s3.S3Store) -> None:
    """S3 may say 200 and tell the error in the body: that is no copy."""
    fake.answer = refusal(200, "InternalError")

    with pytest.raises(Away):
        await store.copy("runs/a", "runs/b", "text/plain")


async def test_a_store_that_says_nothing(
    fake: FakeS3, store: s3.S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that takes the question and never answers is away after a bounded time."""
    monkeypatch.setattr(s3, "OPERATION_SECONDS", 0.2)
    monkeypatch.setattr(s3, "PROBE_SECONDS", 0.2)
    fake.answer = b""

    for operation in (*OPERATIONS, s3.S3Store.probe):
        with pytest.raises(Away, match="does not answer: TimeoutError"):
            await operation(store)


async def test_clocks_that_differ(fake: FakeS3, store: s3.S3Store) -> None:
    """A machine whose clock is wrong reads what to do about it, and its work is kept."""
    fake.answer = refusal(403, "RequestTimeTooSkewed")

    with pytest.raises(Away, match=r"clock and this machine's differ: set them right"):
        await store.get("runs/a")


@pytest.mark.parametrize(("status", "code"), [*PASSING, *REFUSALS])
async def test_a_listing_that_breaks_off(
    fake: FakeS3, store: s3.S3Store, status: int, code: str | None
) -> None:
    """A listing that cannot be read is no empty store."""
    fake.listing = refusal(status, code)

    with pytest.raises(Away, match="the bucket techub at http"):
        [entry async for entry in store.entries("runs/")]


async def test_the_bucket_is_gone(fake: FakeS3, store: s3.S3Store) -> None:
    """A bucket that is not there is away: it is not an empty bucket."""
    fake.answer = http(404, b"")

    with pytest.raises(Away, match="does not exist"):
        await store.exists("runs/a")
