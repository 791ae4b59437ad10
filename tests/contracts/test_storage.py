"""What every object store keeps to, a folder and a bucket alike."""

import asyncio
import hashlib
import random
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from techub_common.errors import Permanent
from techub_common.settings import StorageSettings
from techub_common.storage import WholeStore, open_store

BIG = random.Random(5).randbytes(5 * 1024 * 1024)
ODD_PARTS = (
    "with space",
    "a+b",
    "50%",
    "%2e%2e",
    "a&b=c",
    "q?x",
    "f#x",
    "ünï-çödé",
    "日本",
    "back\\slash",
    "~tilde",
    ".hidden",
    "quote'\"",
    "<tag>",
    "colon:semi;",
    "a..b",
    "x" * 240,
)
BAD_KEYS = (
    "",
    "/",
    "/etc/passwd",
    "../x",
    "runs/../../x",
    "./a",
    "runs//a",
    "runs/",
    "runs/a\nb",
    "runs/a\0b",
    "runs/\udcff",
    "runs/" + "x" * 241,
    "runs/" + "é" * 121,
    "/".join(["runs"] + ["x" * 200] * 6),
    ".drafts/0123456789abcdef",
)


async def test_round_trip(store: WholeStore, here: str) -> None:
    """What was put is there, byte for byte."""
    key = f"runs/{here}/a.bin"
    assert not await store.exists(key)

    await store.put(key, b"\0\xff\r\n", "application/octet-stream")

    assert await store.exists(key)
    assert await store.get(key) == b"\0\xff\r\n"


async def test_nothing_is_something(store: WholeStore, here: str) -> None:
    """An empty object is an object."""
    await store.put(f"runs/{here}", b"", "text/plain")

    assert await store.exists(f"runs/{here}")
    assert await store.get(f"runs/{here}") == b""


async def test_the_same_again(store: WholeStore, here: str) -> None:
    """Storing the same bytes again, as a redelivery does, changes nothing."""
    for _ in range(2):
        await store.put(f"generated/{here}.png", b"picture", "image/png")

    assert await store.get(f"generated/{here}.png") == b"picture"


async def test_missing(store: WholeStore, here: str) -> None:
    """A key that holds nothing is Permanent for those who need it, and no for those who ask."""
    await store.put(f"runs/{here}/a/b.json", b"{}", "application/json")

    for key in (f"runs/{here}/none", f"runs/{here}/a", f"runs/{here}/a/b.json/c"):
        assert not await store.exists(key)
        with pytest.raises(Permanent) as raised:
            await store.get(key)
        assert raised.value.code == "object_missing"
        with pytest.raises(Permanent) as raised:
            await store.copy(key, f"generated/{here}.png", "image/png")
        assert raised.value.code == "object_missing"
    assert not await store.exists(f"generated/{here}.png")


async def test_copy(store: WholeStore, here: str) -> None:
    """A copy has the bytes and leaves the original where it was; it may be made again."""
    await store.put(f"runs/{here}/a+b c.png", b"capture", "image/png")

    for _ in range(2):
        await store.copy(f"runs/{here}/a+b c.png", f"generated/{here}/ü.png", "image/png")

    assert await store.get(f"generated/{here}/ü.png") == b"capture"
    assert await store.exists(f"runs/{here}/a+b c.png")


@pytest.mark.parametrize("part", ODD_PARTS)
async def test_odd_keys(store: WholeStore, here: str, part: str) -> None:
    """A key is what it is: nothing in it is understood as anything else."""
    key = f"runs/{here}/{part}/{part}"

    await store.put(key, part.encode(), "text/plain")
    await store.copy(key, f"runs/{here}/copied/{part}", "text/plain")

    assert await store.get(key) == part.encode()
    assert await store.get(f"runs/{here}/copied/{part}") == part.encode()


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_bad_keys(store: WholeStore, here: str, key: str) -> None:
    """A key that some store could not hold is refused by all of them, whatever is asked."""
    good = f"runs/{here}"
    await store.put(good, b"", "text/plain")
    for asked in (
        store.get(key),
        store.put(key, b"", "text/plain"),
        store.exists(key),
        store.fetch(key),
        store.look(key),
        store.delete(key),
        store.copy(good, key, "text/plain"),
        store.copy(key, good, "text/plain"),
    ):
        with pytest.raises(Permanent) as raised:
            await asked
        assert raised.value.code == "bad_key"


async def test_delete(store: WholeStore, here: str) -> None:
    """What was deleted is gone, what lies beside it stays, and deleting again changes nothing."""
    for name in ("a/b/one.png", "a/two.png", "a/b"):
        with suppress(Permanent):  # a folder cannot be an object as well
            await store.put(f"runs/{here}/{name}", b"x", "image/png")

    for _ in range(2):
        await store.delete(f"runs/{here}/a/b/one.png")
        await store.delete(f"runs/{here}/a/none")
        await store.delete(f"runs/{here}/a/two.png/below")

    assert not await store.exists(f"runs/{here}/a/b/one.png")
    assert await store.exists(f"runs/{here}/a/two.png")
    await store.put(f"runs/{here}/a/b/one.png", b"again", "image/png")
    assert await store.get(f"runs/{here}/a/b/one.png") == b"again"


async def test_put_and_delete_at_once(store: WholeStore, here: str) -> None:
    """Deleting the last object of a place never stands in the way of storing the next there."""

    async def come_and_go(name: str) -> None:
        for _ in range(20):
            await store.put(f"runs/{here}/deep/place/{name}", b"x", "text/plain")
            await store.delete(f"runs/{here}/deep/place/{name}")

    await asyncio.gather(*(come_and_go(str(number)) for number in range(6)))

    assert [entry async for entry in store.entries(f"runs/{here}/")] == []


async def test_look(store: WholeStore, here: str) -> None:
    """Size and age of an object can be had without its bytes."""
    await store.put(f"runs/{here}/a.bin", b"12345", "text/plain")

    entry = await store.look(f"runs/{here}/a.bin")

    assert entry is not None
    assert (entry.key, entry.size) == (f"runs/{here}/a.bin", 5)
    assert abs((datetime.now(UTC) - entry.modified).total_seconds()) < 60
    assert await store.look(f"runs/{here}/none") is None
    assert await store.look(f"runs/{here}") is None


async def test_entries(store: WholeStore, here: str) -> None:
    """A listing has every object whose key begins so, once, and no other."""
    names = ["a", "a-b", "a.json", "b/c/d", "b/c.png", "b-1", "b0", "z", "ü", "日", "b/.hidden"]
    start = f"runs/{here}/"
    for name in names:
        await store.put(f"{start}{name}", name.encode(), "text/plain")
    await store.put(f"runs/{here}x", b"", "text/plain")
    wanted = sorted((start + name for name in names), key=str.encode)

    listed = [entry async for entry in store.entries(start)]

    assert sorted((entry.key for entry in listed), key=str.encode) == wanted
    assert {entry.key: entry.size for entry in listed}[f"{start}日"] == 3
    assert {entry.key async for entry in store.entries(f"{start}b")} == {
        key for key in wanted if key.startswith(f"{start}b")
    }
    assert [entry async for entry in store.entries(f"{start}nothing/")] == []


async def test_fetch(store: WholeStore, here: str) -> None:
    """Whoever knows an object's etag is not sent it again; another object has another."""
    key = f"generated/{here}/a.webp"
    await store.put(key, b"one", "image/webp")

    first = await store.fetch(key)
    assert first is not None
    assert (first.content, first.mime) == (b"one", "image/webp")
    assert first.etag.startswith('"')
    assert await store.fetch(key, unless=first.etag) is None
    await store.put(key, b"another", "image/webp")
    second = await store.fetch(key, unless=first.etag)

    assert second is not None
    assert second.content == b"another"
    assert second.etag != first.etag
    with pytest.raises(Permanent) as raised:
        await store.fetch(f"{key}.none", unless=first.etag)
    assert raised.value.code == "object_missing"


async def test_large(store: WholeStore, here: str) -> None:
    """Five megabytes go in and come out."""
    await store.put(f"runs/{here}", BIG, "application/octet-stream")

    assert hashlib.sha256(await store.get(f"runs/{here}")).digest() == hashlib.sha256(BIG).digest()


async def test_many_at_once(store: WholeStore, here: str) -> None:
    """Fifty writers do not stand in each other's way."""
    contents = {f"runs/{here}/{number}": bytes([number]) * 20_000 for number in range(50)}

    await asyncio.gather(*(store.put(key, value, "x/y") for key, value in contents.items()))

    assert await asyncio.gather(*map(store.get, contents)) == list(contents.values())


async def test_whole_or_not_at_all(store: WholeStore, here: str) -> None:
    """Readers see nothing or everything, whoever writes meanwhile, and a cut-off write is not."""
    key = f"generated/{here}.bin"
    seen: set[bytes | None] = set()

    async def look() -> None:
        while True:
            seen.add(await store.get(key) if await store.exists(key) else None)

    looking = asyncio.create_task(look())
    cut_off = asyncio.create_task(store.put(f"{key}.cut", BIG, "x/y"))
    await asyncio.sleep(0)
    cut_off.cancel()
    await asyncio.gather(*(store.put(key, BIG, "x/y") for _ in range(4)))
    looking.cancel()
    await asyncio.wait([looking, cut_off])

    assert seen <= {None, BIG}
    if await store.exists(f"{key}.cut"):
        assert await store.get(f"{key}.cut") == BIG


async def test_the_bytes_stay(place: StorageSettings, here: str) -> None:
    """What one process stored is there for the next."""
    async with open_store(place) as first:
        await first.put(f"runs/{here}", b"kept", "text/plain")
    async with open_store(place) as second:
        assert await second.get(f"runs/{here}") == b"kept"
        await second.probe()
