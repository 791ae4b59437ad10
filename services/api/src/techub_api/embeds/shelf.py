"""What is looked at most, kept at hand: a README that everybody reads costs one look a second."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from cachetools import LRUCache, TTLCache

from techub_api.embeds.queries import Current

KEPT_SECONDS: Final = 1.0
MOST_LOOKS: Final = 4096
MOST_BYTES: Final = 32 * 1024 * 1024
LARGEST: Final = MOST_BYTES // 8


class Shelf:
    """Which files are current, for a second; and the files asked for last, 32 MB of them.

    A file's key says its content, so a file on the shelf never goes stale.
    """

    def __init__(
        self, *, keep: float = KEPT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._looks: TTLCache[tuple[str, str], Mapping[str, Current]]
        self._looks = TTLCache(MOST_LOOKS, keep, timer=clock)
        self._files: LRUCache[str, bytes] = LRUCache(MOST_BYTES, getsizeof=len)

    async def current(
        self, login: str, variant: str, look: Callable[[], Awaitable[Mapping[str, Current]]]
    ) -> Mapping[str, Current]:
        """Return format → current file, as it is or was a second ago at most."""
        key = (login.lower(), variant)
        found = self._looks.get(key)
        if found is None:
            found = self._looks[key] = await look()
        return found

    async def content(self, key: str, read: Callable[[str], Awaitable[bytes]]) -> bytes:
        """Return the object, read from the store the first time; raise what `read` raises."""
        content = self._files.get(key)
        if content is None:
            content = await read(key)
            if len(content) <= LARGEST:
                self._files[key] = content
        return content
