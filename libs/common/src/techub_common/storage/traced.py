"""A store whose every use is noted as a part of what is under way."""

from collections.abc import AsyncIterator

from techub_common import tracing
from techub_common.storage.contract import Entry, Found, WholeStore
from techub_common.tracing import SpanKind


class TracedStore:
    """The same store, watched."""

    def __init__(self, store: WholeStore) -> None:
        self._store = store

    async def get(self, key: str) -> bytes:
        """Return the object's bytes."""
        with tracing.span("get object", SpanKind.CLIENT, key=key) as span:
            content = await self._store.get(key)
            span.set_attribute("techub.bytes", len(content))
        return content

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key."""
        with tracing.span("put object", SpanKind.CLIENT, key=key, bytes=len(content)):
            await self._store.put(key, content, mime)

    async def exists(self, key: str) -> bool:
        """Return whether the key holds an object."""
        with tracing.span("look for object", SpanKind.CLIENT, key=key):
            return await self._store.exists(key)

    async def copy(self, source: str, target: str, mime: str) -> None:
        """Store the bytes of one key under another."""
        with tracing.span("copy object", SpanKind.CLIENT, key=source, target=target):
            await self._store.copy(source, target, mime)

    async def probe(self) -> None:
        """Return when the store answers."""
        await self._store.probe()

    async def fetch(self, key: str, *, unless: str | None = None) -> Found | None:
        """Return the object, None when its etag is `unless`."""
        with tracing.span("get object", SpanKind.CLIENT, key=key):
            return await self._store.fetch(key, unless=unless)

    async def look(self, key: str) -> Entry | None:
        """Return the object's size and age."""
        with tracing.span("look for object", SpanKind.CLIENT, key=key):
            return await self._store.look(key)

    async def delete(self, key: str) -> None:
        """Leave the key without an object."""
        with tracing.span("delete object", SpanKind.CLIENT, key=key):
            await self._store.delete(key)

    def entries(self, prefix: str = "") -> AsyncIterator[Entry]:
        """Give every object whose key begins so."""
        return self._store.entries(prefix)

    def public_url(self, key: str) -> str | None:
        """Return where anybody reads the object."""
        return self._store.public_url(key)

    async def private_url(self, key: str, seconds: int) -> str | None:
        """Return an address that opens the object for so long."""
        return await self._store.private_url(key, seconds)
