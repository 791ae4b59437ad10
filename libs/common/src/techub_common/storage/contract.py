"""What services may do with objects, whatever holds them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a listing; `size` in bytes."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """An object with what the store says of it; the same `etag` means the same bytes."""

    content: bytes
    mime: str
    etag: str


class ObjectStore(Protocol):
    """Keys in, bytes out; what is held under one key never changes.

    A store that is unreachable, or does not let us in any more, raises Away.
    """

    async def get(self, key: str) -> bytes:
        """Return the object's bytes; raise Permanent `object_missing`."""
        ...

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key: whole or not at all."""
        ...

    async def exists(self, key: str) -> bool:
        """Return whether the key holds an object."""
        ...

    async def copy(self, source: str, target: str, mime: str) -> None:
        """Store the bytes of one key under another; raise Permanent `object_missing`."""
        ...

    async def probe(self) -> None:
        """Return when the store answers; raise Away."""
        ...


class WholeStore(ObjectStore, Protocol):
    """A store as those see it who look after it and hand out what is public."""

    async def fetch(self, key: str, *, unless: str | None = None) -> Found | None:
        """Return the object, None when its etag is `unless`; raise Permanent `object_missing`."""
        ...

    async def look(self, key: str) -> Entry | None:
        """Return the object's size and age without its bytes; None when there is none."""
        ...

    async def delete(self, key: str) -> None:
        """Leave the key without an object; nothing happens when it had none."""
        ...

    def entries(self, prefix: str = "") -> AsyncIterator[Entry]:
        """Give every object whose key begins so, in an order of the store's own; raise Away.

        An object that is stored or deleted meanwhile may be given or not.
        """
        ...

    def public_url(self, key: str) -> str | None:
        """Return where anybody reads the object; None where the store itself is not public."""
        ...

    async def private_url(self, key: str, seconds: int) -> str | None:
        """Return an address that opens the object for so long; None where the store has none."""
        ...
