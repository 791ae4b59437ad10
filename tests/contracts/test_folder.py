"""What a folder adds: disks fill up, are read-only, break, or are not mounted yet."""

import errno
import os
from pathlib import Path

import pytest

from techub_common.delivery import Road
from techub_common.errors import Away, Permanent
from techub_common.settings import StorageSettings
from techub_common.storage import FolderStore, open_store

TROUBLE = {
    "disk full": errno.ENOSPC,
    "quota": errno.EDQUOT,
    "read-only": errno.EROFS,
    "broken": errno.EIO,
}


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Give a store in a folder."""
    return FolderStore(tmp_path)


@pytest.fixture(params=TROUBLE.values(), ids=TROUBLE)
def trouble(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Give a disk that takes nothing any more, and the number of its excuse."""

    def refuse(_: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "fdatasync", refuse)
    number: int = request.param
    return number


async def test_a_disk_that_takes_nothing(store: FolderStore, trouble: int) -> None:
    """The work is kept, the setting and the reason are named, and nothing is left behind."""
    with pytest.raises(Away, match=rf"STORAGE_URL.*{os.strerror(trouble)}"):
        await store.put("generated/ada/og.png", b"picture", "image/png")
    with pytest.raises(Away, match=os.strerror(trouble)):
        await store.probe()

    assert [path for path in store.root.rglob("*") if path.is_file()] == []


async def test_a_disk_with_room_again(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be stored is stored as soon as it can be; what was there stayed."""
    await store.put("generated/old.png", b"old", "image/png")
    full = iter([True, True, False])
    there = os.fdatasync

    def sometimes(descriptor: int) -> None:
        if next(full):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        there(descriptor)

    monkeypatch.setattr(os, "fdatasync", sometimes)

    await Road().until_back(lambda: store.put("generated/new.png", b"new", "image/png"))

    assert await store.get("generated/new.png") == b"new"
    assert await store.get("generated/old.png") == b"old"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
async def test_a_folder_that_cannot_be_written(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A folder that is read-only when a service starts ends the start with one line."""

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fdatasync", refuse)
    settings = StorageSettings(storage_url=store.root.as_uri())

    with pytest.raises(Permanent, match=r"STORAGE_URL.*cannot be used") as raised:
        await open_store(settings).__aenter__()

    assert raised.value.code == "storage_refused"
    assert "\n" not in str(raised.value)


async def test_a_folder_that_is_mounted_later(tmp_path: Path) -> None:
    """A folder that is not there yet is waited for, and never made: it may be a mount."""
    root = tmp_path / "mount"
    async with open_store(StorageSettings(storage_url=root.as_uri())) as store:
        for asked in (store.get("runs/a"), store.put("runs/a", b"", "x/y"), store.look("runs/a")):
            with pytest.raises(Away, match="it is not there"):
                await asked
        with pytest.raises(Away):
            [entry async for entry in store.entries()]
        with pytest.raises(Away):
            await store.delete("runs/a")
        assert not root.exists()
        root.mkdir()

        await store.put("runs/a", b"x", "x/y")
        assert await store.get("runs/a") == b"x"


async def test_drafts_are_no_objects(store: FolderStore) -> None:
    """What a killed process left unfinished is in no listing, and in nobody's way."""
    await store.put("runs/a", b"x", "x/y")
    (store.root / ".drafts" / "0123456789abcdef").write_bytes(b"half of some")

    assert [entry.key async for entry in store.entries()] == ["runs/a"]


async def test_other_peoples_files(store: FolderStore) -> None:
    """A file whose name is no key is not an object."""
    (store.root / "runs").mkdir()
    (store.root / "runs" / "with\nline").write_bytes(b"")
    (store.root / os.fsdecode(b"runs/\xff\xfe")).mkdir()

    assert [entry.key async for entry in store.entries()] == []
    assert store.public_url("generated/a.png") is None
    assert await store.private_url("runs/a", 60) is None
