"""Objects as files below one folder."""

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import structlog

from techub_common.errors import Away, Permanent
from techub_common.storage.contract import Entry, Found
from techub_common.storage.folder_listing import entry_of, walk
from techub_common.storage.keys import DRAFTS, bad_key, checked, missing
from techub_common.storage.mimes import mime_of

log = structlog.get_logger()

BATCH: Final = 500
WRITE_TRIES: Final = 20  # a folder may be tidied away between making it and using it
NO_OBJECT: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
REFUSALS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class FolderStore:
    """Each object is written as a draft and renamed into its place; a missing folder is Away."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, key: str) -> Path:
        """Return the file of a key; raise Permanent `bad_key` for one that leaves the folder."""
        return self.root.joinpath(*checked(key).split("/"))

    async def get(self, key: str) -> bytes:
        """Return the object's bytes; raise Permanent `object_missing`."""
        path = self.path_of(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except NO_OBJECT as error:
            raise self._missing(key) from error
        except OSError as error:
            raise self._away(error) from error

    async def fetch(self, key: str, *, unless: str | None = None) -> Found | None:
        """Return the object, None when its etag is `unless`; raise Permanent `object_missing`.

        The type is what the key's ending says.
        """
        path = self.path_of(key)
        try:
            status = await asyncio.to_thread(path.stat)
        except NO_OBJECT as error:
            raise self._missing(key) from error
        except OSError as error:
            raise self._away(error) from error
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        if etag == unless:
            return None
        return Found(await self.get(key), mime_of(key), etag)

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key: whole or not at all, even through a power cut."""
        del mime
        path = self.path_of(key)
        try:
            await asyncio.to_thread(self._write, path, content)
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise bad_key(key) from error  # an object cannot be a folder of others as well
        except OSError as error:
            raise self._away(error) from error

    async def exists(self, key: str) -> bool:
        """Return whether the key holds an object."""
        return await self.look(key) is not None

    async def look(self, key: str) -> Entry | None:
        """Return the object's size and age without its bytes; None when there is none."""
        path = self.path_of(key)
        try:
            found = await asyncio.to_thread(entry_of, key, path)
        except NO_OBJECT:
            found = None
        except OSError as error:
            raise self._away(error) from error
        if found is None and not self.root.is_dir():
            raise self._away(None)
        return found

    async def copy(self, source: str, target: str, mime: str) -> None:
        """Store the bytes of one key under another."""
        await self.put(target, await self.get(source), mime)

    async def delete(self, key: str) -> None:
        """Leave the key without an object, and without the folders that only it was in."""
        path = self.path_of(key)
        try:
            await asyncio.to_thread(self._remove, path)
        except NO_OBJECT as error:
            if not self.root.is_dir():
                raise self._away(error) from error
        except PermissionError as error:
            if not path.is_dir():  # which some systems will not have unlinked
                raise self._away(error) from error
        except OSError as error:
            raise self._away(error) from error

    async def entries(self, prefix: str = "") -> AsyncIterator[Entry]:
        """Give every object whose key begins so, in the order of the keys' bytes; raise Away."""
        walking = walk(self.root, prefix)
        while True:
            try:
                batch = await asyncio.to_thread(
                    lambda: [entry for entry, _ in zip(walking, range(BATCH), strict=False)]
                )
            except OSError as error:
                raise self._away(error) from error
            for entry in batch:
                yield entry
            if len(batch) < BATCH:
                return

    def public_url(self, key: str) -> str | None:
        """Return None: the api serves what is public in a folder."""
        del key
        return None

    async def private_url(self, key: str, seconds: int) -> str | None:
        """Return None: a folder has no addresses."""
        del key, seconds
        return None

    async def probe(self) -> None:
        """Return when the folder can be written to."""
        try:
            await asyncio.to_thread(lambda: self._draft(b"probe").unlink())
        except OSError as error:
            raise self._away(error) from error

    async def begin(self) -> None:
        """Return when the folder can be written to or may be mounted later; raise Permanent."""
        try:
            await self.probe()
        except Away as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno in REFUSALS:
                raise Permanent(str(error), code="storage_refused") from error
            log.warning("store_away", error=str(error))

    def _write(self, path: Path, content: bytes) -> None:
        draft = self._draft(content)
        try:
            for tries_left in reversed(range(WRITE_TRIES)):
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    draft.replace(path)
                except (FileNotFoundError, FileExistsError):
                    # a delete took the folder away in between: before the file, or inside mkdir
                    if not tries_left or not self.root.is_dir():
                        raise
                else:
                    return
        finally:
            draft.unlink(missing_ok=True)

    def _draft(self, content: bytes) -> Path:
        """Return a new file outside every key, written through to the disk."""
        if not self.root.is_dir():
            raise FileNotFoundError(errno.ENOENT, "it is not there", str(self.root))
        folder = self.root / DRAFTS
        folder.mkdir(exist_ok=True)
        draft = folder / secrets.token_hex(8)
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fdatasync(file.fileno())
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return draft

    def _remove(self, path: Path) -> None:
        path.unlink()
        for folder in path.parents:
            if folder == self.root:
                return
            try:
                folder.rmdir()
            except OSError:
                return

    def _missing(self, key: str) -> Away | Permanent:
        return missing(key) if self.root.is_dir() else self._away(None)

    def _away(self, error: OSError | None) -> Away:
        reason = (error.strerror if error else None) or "it is not there"
        return Away(f"the object store at {self.root} (STORAGE_URL) cannot be used: {reason}")
