"""A store that remembers what it could not store, so that an outage of ours asks nobody twice.

While the object store takes nothing (away, read-only, full) a run is tried again in place. What
GitHub answered must not be asked again with every try.
"""

from collections import OrderedDict
from typing import Final

from techub_common.errors import Away
from techub_common.storage import ObjectStore

REMEMBERED: Final = 64  # a few objects of each run in hand


class PatientStore:
    """An object store in which a `get` first stores what an earlier `put` had to keep in memory."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._kept: OrderedDict[str, tuple[bytes, str]] = OrderedDict()

    async def get(self, key: str) -> bytes:
        """Return the object's bytes, stored by now; raise Away, or Permanent `object_missing`."""
        if kept := self._kept.get(key):
            await self.put(key, *kept)
            return kept[0]
        return await self._store.get(key)

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key, or remember them and raise Away."""
        try:
            await self._store.put(key, content, mime)
        except Away:
            self._kept[key] = (content, mime)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
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
