"""A store that remembers what it could not store, so that an outage of ours asks nobody twice.

While the object store takes nothing (away, read-only, full) a run is tried again in place. What
GitHub or a model answered must not be asked again with every try: a stage's artifact is remembered,
and so is the picture it names, which is stored before it.
"""

from collections import OrderedDict
from typing import Final

from techub_common.errors import Away
from techub_common.storage import ObjectStore

REMEMBERED: Final = 128  # the objects of every run in hand: up to sixteen stages, eight pictures
MOST_BYTES: Final = 64 * 1024 * 1024  # four runs' artwork is a third of it


class PatientStore:
    """An object store in which a `get` first stores what an earlier `put` had to keep in memory."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._kept: OrderedDict[str, tuple[bytes, str]] = OrderedDict()

    async def get(self, key: str) -> bytes:
        """Return the object's bytes; raise Away, or Permanent `object_missing`.

        They are stored by now, unless it is a picture.
        """
        if kept := self._kept.get(key):
            await self.put(key, *kept)
            return kept[0]
        return await self._store.get(key)

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key, or remember them and raise Away.

        A picture is remembered without a word: whatever its run stores after it says so, for it is
        stored only once the picture is.
        """
        try:
            if not _is_picture(mime):
                await self._store_pictures(_run_of(key))
            await self._store.put(key, content, mime)
        except Away:
            if self._remembers(key, content, mime) and _is_picture(mime):
                return
            raise
        self._kept.pop(key, None)

    async def exists(self, key: str) -> bool:
        """Return whether the key holds an object that is stored."""
        return await self._store.exists(key)

    async def copy(self, source: str, target: str, mime: str) -> None:
        """Store the bytes of one key under another."""
        await self.put(target, await self.get(source), mime)

    async def probe(self) -> None:
        """Return when the store answers; raise Away."""
        await self._store.probe()

    async def _store_pictures(self, run: str) -> None:
        for key, (content, mime) in list(self._kept.items()):
            if _is_picture(mime) and _run_of(key) == run:
                await self._store.put(key, content, mime)
                self._kept.pop(key, None)

    def _remembers(self, key: str, content: bytes, mime: str) -> bool:
        """Keep the bytes and return whether there was room; the oldest make room for them."""
        if len(content) > MOST_BYTES:
            return False
        self._kept[key] = (content, mime)
        while len(self._kept) > REMEMBERED or self._bytes() > MOST_BYTES:
            oldest, (_, kind) = self._kept.popitem(last=False)
            if _is_picture(kind):  # what its run kept after it may name it
                for later in [one for one in self._kept if _run_of(one) == _run_of(oldest)]:
                    del self._kept[later]
        return key in self._kept

    def _bytes(self) -> int:
        return sum(len(content) for content, _ in self._kept.values())


def _is_picture(mime: str) -> bool:
    return mime.startswith("image/")


def _run_of(key: str) -> str:
    """Return the folder of the run, `runs/<run_id>`."""
    return "/".join(key.split("/")[:2])
