"""Which file is sent, under what name, and how much of it."""

import pytest
from starlette.datastructures import Headers

from techub_api.pictures.addresses import elsewhere, public_url
from techub_api.pictures.routes import saved_as
from techub_api.pictures.serving import File, sent, wanted_formats
from techub_api.settings import Settings

FILE = File(b"0123456789", "image/png", '"tag"', "public, max-age=300")
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def settings(storage_url: str) -> Settings:
    """Return the settings of an api whose objects are there."""
    return Settings(
        nats_url="nats://127.0.0.1:1",
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        storage_url=storage_url,
        secret_key="x" * 32,
        app_host="https://techub.test",
    )


@pytest.mark.parametrize(
    ("accept", "formats"),
    [
        (CHROME, ("avif", "webp", "jpeg", "png")),
        ("image/webp", ("webp", "jpeg", "png")),
        ("IMAGE/WEBP;q=0.9", ("webp", "jpeg", "png")),
        ("image/webp;q=0, */*", ("jpeg", "png", "webp")),
        ("image/*", ("jpeg", "png", "webp")),
        ("*/*", ("jpeg", "png", "webp")),
        (None, ("jpeg", "png", "webp")),
    ],
)
def test_negotiation(accept: str | None, formats: tuple[str, ...]) -> None:
    """Small formats go to those who name them, what everybody reads to everybody else."""
    assert wanted_formats(accept, ("jpeg", "png", "webp")) == formats


@pytest.mark.parametrize(
    ("wanted", "part", "said"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
    ],
)
def test_a_part(wanted: str, part: bytes, said: str) -> None:
    """A part that there is, is sent alone."""
    answer = sent(FILE, Headers({"range": wanted}))

    assert (answer.status_code, answer.body) == (206, part)
    assert answer.headers["content-range"] == said
    assert answer.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_no_such_part(wanted: str) -> None:
    """A part beyond the end is refused with the length there is."""
    answer = sent(FILE, Headers({"range": wanted}))

    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"range": "bytes=-"},
        {"range": "bytes=3-1"},
        {"range": "bytes=0-1,4-5"},
        {"range": "lines=0-1"},
        {"range": "bytes=0-1", "if-range": '"older"'},
        {"range": "bytes=0-" + "9" * 5000},
    ],
)
def test_the_whole(asked: dict[str, str]) -> None:
    """What cannot be understood, or is of another file, gets the whole."""
    answer = sent(FILE, Headers(asked))

    assert (answer.status_code, answer.body) == (200, FILE.content)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_new() -> None:
    """Whoever has the file is told so, whatever part they want."""
    answer = sent(FILE, Headers({"if-none-match": 'W/"tag"', "range": "bytes=0-1"}))

    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", '"tag"')


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("generated/ada/og-0123456789ab.png", "ada-og.png"),
        ("generated/ada/x_header-0123456789ab.webp", "ada-x_header.webp"),
        ("generated/ada/meta/og-0123456789ab.json", "og.json"),
        ("avatars/abc.jpg", "abc.jpg"),
    ],
)
def test_saved_as(key: str, name: str) -> None:
    """A saved file is named after whom and what it shows."""
    assert saved_as(key) == name


@pytest.mark.parametrize(
    "key", ["generated/a/og.png", "//evil.test/x", "generated/@evil.test", "generated/\\evil"]
)
def test_only_the_configured_host(key: str) -> None:
    """Whatever the key, an address elsewhere is on the host that was configured."""
    cdn = settings("s3://techub?public_base_url=https://cdn.test/pictures")
    address = elsewhere(cdn, key)

    assert address is not None
    assert address.startswith("https://cdn.test/pictures/")
    assert address == public_url(cdn, key)
    assert elsewhere(settings("s3://techub"), key) is None
    assert elsewhere(settings("file:///srv/objects"), key) is None
    assert elsewhere(settings("s3://techub?public_base_url=https://techub.test"), key) is None
