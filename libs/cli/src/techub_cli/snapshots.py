"""A run's snapshot as it comes over NATS: file by file, piece by piece."""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final
from uuid import UUID

from nats.aio.client import Client
from pydantic import BaseModel

from techub_cli.answers import read
from techub_cli.connection import ask
from techub_common.asks import SHOW_FILE, SHOW_FILES, FileRequest, FilesRequest
from techub_common.errors import Permanent

TRIES: Final = 3


class FileListed(BaseModel):
    """A file there is."""

    name: str
    bytes: int


class FilesListed(BaseModel):
    """The files of a run."""

    run_id: UUID
    files: list[FileListed]


class PieceRead(BaseModel):
    """A piece of a file; size and digest are those of the whole."""

    bytes: int
    sha256: str
    content: str


class _Changed(Exception):
    """The file became another while it was read."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of one run, asked for as they are wanted."""

    client: Client
    run_id: UUID
    files: tuple[FileListed, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the files are called."""
        return tuple(file.name for file in self.files)

    async def pour(self, name: str, into: BinaryIO) -> str:
        """Write the file piece by piece and return its digest; raise Permanent, Away.

        A document that changes while it is read is read again, a few times.
        """
        for _ in range(TRIES):
            into.seek(0)
            into.truncate()
            try:
                return await self._poured(name, into)
            except _Changed:
                continue
        message = f"{name} changes while it is read; try again once the run is over"
        raise Permanent(message, code="file_changes")

    async def _poured(self, name: str, into: BinaryIO) -> str:
        digest, expected = hashlib.sha256(), None
        async for piece in self._pieces(name):
            if expected not in (None, piece.sha256):
                raise _Changed
            expected = piece.sha256
            content = _decoded(piece, name)
            digest.update(content)
            into.write(content)
        if digest.hexdigest() != expected:
            message = f"what arrived of {name} is not what was sent"
            raise Permanent(message, code="file_damaged")
        return expected

    async def _pieces(self, name: str) -> AsyncIterator[PieceRead]:
        offset, whole = 0, 1
        while offset < whole:
            question = FileRequest(run_id=self.run_id, name=name, offset=offset)
            piece = read(PieceRead, await ask(self.client, SHOW_FILE, question))
            yield piece
            arrived = len(_decoded(piece, name))
            if not arrived and piece.bytes > offset:
                raise _Changed
            offset, whole = offset + arrived, piece.bytes


async def snapshot_of(client: Client, login_or_run: str) -> Snapshot:
    """Return the snapshot of a run; nothing but the list of its files has been read."""
    answer: dict[str, Any] = await ask(client, SHOW_FILES, FilesRequest(login_or_run=login_or_run))
    listed = read(FilesListed, answer)
    return Snapshot(client, listed.run_id, tuple(listed.files))


def placed(folder: Path, name: str) -> Path:
    """Return where a file of that name lies below the folder; raise Permanent for a place outside.

    What the api says is not believed so far that it could write elsewhere.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not name.isprintable():
        message = f"the api names a file {name!r}, which is no place below a folder"
        raise Permanent(message, code="unreadable_answer")
    return folder / path


def _decoded(piece: PieceRead, name: str) -> bytes:
    try:
        return base64.b64decode(piece.content, validate=True)
    except binascii.Error as error:
        message = f"the piece of {name} that arrived cannot be read"
        raise Permanent(message, code="unreadable_answer") from error
