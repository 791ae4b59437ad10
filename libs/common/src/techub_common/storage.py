"""The object store: keys in, bytes out; what it holds under one key never changes."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from techub_common.errors import Away, Permanent

PUBLIC_PREFIXES = ("generated/", "avatars/")


class ObjectStore(Protocol):
    """What services may do with objects; an unreachable store raises Away."""

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


class FolderStore:
    """Objects as files below one folder, each written beside its place and renamed into it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, key: str) -> Path:
        """Return the file of a key; raise Permanent `bad_key` for one that leaves the folder."""
        parts = key.split("/")
        if "\0" in key or any(part in {"", ".", ".."} for part in parts):
            message = f"{key!r} is not an object key"
            raise Permanent(message, code="bad_key")
        return self.root.joinpath(*parts)

    async def get(self, key: str) -> bytes:
        """Return the object's bytes; raise Permanent `object_missing`."""
        path = self.path_of(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            if not self.root.is_dir():
                raise _away(self.root) from error
            raise missing(key) from error
        except OSError as error:
            raise _away(self.root) from error

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key: whole or not at all, even through a power cut."""
        del mime
        try:
            await asyncio.to_thread(self._write, self.path_of(key), content)
        except OSError as error:
            raise _away(self.root) from error

    async def exists(self, key: str) -> bool:
        """Return whether the key holds an object."""
        return await asyncio.to_thread(self.path_of(key).is_file)

    async def copy(self, source: str, target: str, mime: str) -> None:
        """Store the bytes of one key under another."""
        await self.put(target, await self.get(source), mime)

    async def probe(self) -> None:
        """Return when the folder can be written to."""
        await self.put("runs/.probe", b"probe", "text/plain")

    def _write(self, path: Path, content: bytes) -> None:
        if not self.root.is_dir():
            raise FileNotFoundError(self.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fdatasync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[ObjectStore]:
    """Yield the store a STORAGE_URL names (`file:///folder`)."""
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path:
        message = f"STORAGE_URL {url!r} is not file:///folder"
        raise Permanent(message, code="bad_storage_url")
    yield FolderStore(Path(unquote(parts.path)))


def is_public(key: str) -> bool:
    """Return whether anybody may read the object."""
    return key.startswith(PUBLIC_PREFIXES)


def missing(key: str) -> Permanent:
    """Return the error for a key that holds nothing."""
    return Permanent(f"the object {key} is not in the store", code="object_missing")


def _away(root: Path) -> Away:
    return Away(f"the object store at {root} cannot be used")
