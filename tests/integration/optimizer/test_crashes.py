"""An optimizer may die between any two files: nothing half-made is told, the next finishes it."""

import hashlib
from pathlib import Path
from uuid import uuid4

import pytest

from techub_common.events import AssetCaptured, AssetRecorded, Event
from techub_common.storage import FolderStore
from techub_optimizer.door import Door
from techub_optimizer.handlers import optimize_asset
from techub_optimizer.images import Libvips
from techub_optimizer.resources import Resources

from .conftest import opened

FILES = ("png", "webp", "jpg", "json")


class Crash(BaseException):
    """The process dies here."""


class CrashingStore(FolderStore):
    """Stores files, and dies instead of storing the one with this ending."""

    def __init__(self, root: Path, dies_at: str) -> None:
        super().__init__(root)
        self._dies_at = dies_at

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store it, or die instead."""
        if key.endswith(f".{self._dies_at}"):
            raise Crash
        await super().put(key, content, mime)


@pytest.mark.parametrize("dies_at", FILES)
async def test_between_png_and_webp(
    vips: Libvips, capture: bytes, tmp_path: Path, dies_at: str
) -> None:
    """Whichever file it dies at, nothing was told; the next attempt leaves all of them whole."""
    told: list[Event] = []

    async def tell(event: Event) -> None:
        told.append(event)

    def opens(store: FolderStore) -> Resources:
        return Resources(objects=store, door=Door(), engines=(vips,), tell=tell)  # type: ignore[arg-type]

    fact = await taken(FolderStore(tmp_path), capture)
    with pytest.raises(Crash):
        await optimize_asset(fact, opens(CrashingStore(tmp_path, dies_at)))
    assert told == []
    await optimize_asset(fact, opens(FolderStore(tmp_path)))

    [recorded] = told
    assert isinstance(recorded, AssetRecorded)
    assert [one.format for one in recorded.renditions] == ["png", "webp", "jpeg", "thumbnail"]
    there = {path for path in (tmp_path / "generated").rglob("*") if path.is_file()}
    notes = {path for path in there if path.suffix == ".json"}
    assert there - notes == {tmp_path / one.object_key for one in recorded.renditions}
    assert len(notes) == 1
    for rendition in recorded.renditions:
        content = (tmp_path / rendition.object_key).read_bytes()
        assert hashlib.sha256(content).hexdigest() == rendition.sha256
        size = (480, 252) if rendition.format == "thumbnail" else (1200, 630)
        assert opened(content).size == (rendition.width, rendition.height) == size


async def taken(store: FolderStore, content: bytes) -> AssetCaptured:
    """Return the fact that a picture lies in the private part of the store."""
    run_id, sha256 = uuid4(), hashlib.sha256(content).hexdigest()
    key = f"runs/{run_id}/captures/og-{sha256[:12]}.png"
    await store.put(key, content, "image/png")
    return AssetCaptured(
        run_id=run_id,
        login="ada",
        kind="og",
        object_key=key,
        sha256=sha256,
        bytes=len(content),
        width=1200,
        height=630,
        mime="image/png",
    )
