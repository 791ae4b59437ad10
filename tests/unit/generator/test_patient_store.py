"""What could not be stored is remembered until it is."""

from pathlib import Path

import pytest

from techub_common.errors import Away, Permanent
from techub_common.storage import FolderStore
from techub_generator import patient_store
from techub_generator.patient_store import PatientStore


class ReadOnly(FolderStore):
    """A folder in which nothing can be written for the time being."""

    full = True

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Refuse while it is full."""
        if self.full:
            raise Away("no space left")
        await super().put(key, content, mime)


@pytest.fixture
def below(tmp_path: Path) -> ReadOnly:
    """Give the store underneath."""
    return ReadOnly(tmp_path)


async def test_remembered_and_stored_later(below: ReadOnly) -> None:
    """While the store takes nothing both ways are Away; then the next `get` stores it first."""
    store = PatientStore(below)
    with pytest.raises(Away):
        await store.put("runs/1/a.json", b"answer", "application/json")
    with pytest.raises(Away):
        await store.get("runs/1/a.json")
    assert not await store.exists("runs/1/a.json")

    below.full = False

    assert await store.get("runs/1/a.json") == b"answer"
    assert await below.get("runs/1/a.json") == b"answer"


async def test_what_is_stored_is_not_remembered(below: ReadOnly) -> None:
    """An object that was stored, or never put, is the store's own business."""
    below.full = False
    store = PatientStore(below)
    await store.put("runs/1/a.json", b"answer", "application/json")
    below.path_of("runs/1/a.json").unlink()

    with pytest.raises(Permanent, match="not in the store"):
        await store.get("runs/1/a.json")


async def test_memory_is_bounded(below: ReadOnly, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten first: its run then asks again."""
    monkeypatch.setattr(patient_store, "REMEMBERED", 2)
    store = PatientStore(below)
    for name in "abc":
        with pytest.raises(Away):
            await store.put(f"runs/1/{name}.json", b"x", "application/json")
    below.full = False

    with pytest.raises(Permanent):
        await store.get("runs/1/a.json")
    assert await store.get("runs/1/c.json") == b"x"


PNG = "image/png"


async def test_a_picture_waits_for_what_names_it(below: ReadOnly) -> None:
    """A picture is kept without a word; the artifact after it is Away, and stored after it."""
    store = PatientStore(below)
    await store.put("runs/1/captures/a.png", b"picture", PNG)
    with pytest.raises(Away):
        await store.put("runs/1/draw_a.json", b"artifact", "application/json")
    assert await store.get("runs/1/captures/a.png") == b"picture"
    with pytest.raises(Away):
        await store.get("runs/1/draw_a.json")

    below.full = False
    assert await store.get("runs/1/draw_a.json") == b"artifact"

    assert await below.get("runs/1/captures/a.png") == b"picture"
    assert await below.get("runs/1/draw_a.json") == b"artifact"


async def test_nothing_is_stored_before_its_picture(below: ReadOnly) -> None:
    """When the store takes only artifacts, it gets none whose picture it does not have."""
    store = PatientStore(below)
    await store.put("runs/1/captures/a.png", b"picture", PNG)
    below.full = False

    await store.put("runs/2/draw_b.json", b"of another run", "application/json")
    assert not await below.exists("runs/1/captures/a.png")
    await store.put("runs/1/draw_a.json", b"artifact", "application/json")
    assert await below.exists("runs/1/captures/a.png")


async def test_pictures_are_bounded(below: ReadOnly, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a picture all that may name it is forgotten; one there is no room for is Away."""
    monkeypatch.setattr(patient_store, "MOST_BYTES", 100)
    store = PatientStore(below)
    await store.put("runs/1/captures/a.png", bytes(50), PNG)
    with pytest.raises(Away):
        await store.put("runs/1/draw_a.json", b"names it", "application/json")
    await store.put("runs/2/captures/b.png", bytes(50), PNG)
    with pytest.raises(Away):
        await store.put("runs/3/captures/c.png", bytes(101), PNG)
    below.full = False

    assert await store.get("runs/2/captures/b.png") == bytes(50)
    for key in ("runs/1/captures/a.png", "runs/1/draw_a.json", "runs/3/captures/c.png"):
        with pytest.raises(Permanent):
            await store.get(key)
