"""What services may do with objects, whatever holds them."""

from typing import Protocol


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
