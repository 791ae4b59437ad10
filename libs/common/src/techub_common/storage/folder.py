"""Objects as files below one folder."""

import asyncio
import os
import secrets
from pathlib import Path

from techub_common.errors import Away
from techub_common.storage.keys import bad_key, checked, missing


class FolderStore:
    """Each object is written beside its place and renamed into it; a missing folder is Away."""

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
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            if not self.root.is_dir():
                raise _away(self.root) from error
            raise missing(key) from error
        except OSError as error:
            raise _away(self.root) from error

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Store the bytes under the key: whole or not at all, even through a power cut."""
        del mime
        path = self.path_of(key)
        try:
            await asyncio.to_thread(self._write, path, content)
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise bad_key(key) from error  # an object cannot be a folder of others as well
        except OSError as error:
            raise _away(self.root) from error

    async def exists(self, key: str) -> bool:
        """Return whether the key holds an object."""
        path = self.path_of(key)
        try:
            found = await asyncio.to_thread(path.is_file)
        except OSError as error:
            raise _away(self.root) from error
        if not found and not self.root.is_dir():
            raise _away(self.root)
        return found

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


def _away(root: Path) -> Away:
    return Away(f"the object store at {root} cannot be used")
