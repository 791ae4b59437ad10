"""A run's snapshot: all that is known of it as files, its objects among them."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import inspect, select

from techub_api.objects.forgetting import folders_of
from techub_api.resources import Resources
from techub_api.runs.tables import Entry, Run, RunPicture, Step
from techub_api.schema import OUTBOX
from techub_common.database import transaction
from techub_common.errors import Permanent

LARGEST_PACKED: Final = 1 << 20
PACKED: Final = (".json", ".html", ".txt")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a snapshot; `name` is its path below the snapshot's folder."""

    name: str
    content: bytes


async def collected(resources: Resources, run_id: UUID) -> AsyncIterator[File]:
    """Give the files of a run's snapshot one by one; raise Permanent `run_missing`, Away.

    `run.json` is its row, `steps.json`, `pictures.json` and `story.json` what the ledger keeps,
    `told.json` what the api told of it; below `runs/` and `debug/` lie its objects by their keys.
    """
    for file in await _rows(resources, run_id):
        yield file
    for folder in folders_of(run_id):
        async for entry in resources.objects.entries(folder):
            try:
                content = await resources.objects.get(entry.key)
            except Permanent as error:
                if error.code != "object_missing":  # pruned just now
                    raise
                continue
            yield File(entry.key, content)


async def zipped(folder: str, files: AsyncIterator[File]) -> AsyncIterator[bytes]:
    """Give the files as a zip archive, piece by piece, below one folder; none is kept whole."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        async for file in files:
            small = file.name.endswith(PACKED) and len(file.content) < LARGEST_PACKED
            kind = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
            archive.writestr(f"{folder}/{file.name}", file.content, kind)
            yield sink.taken()
    yield sink.taken()


async def _rows(resources: Resources, run_id: UUID) -> list[File]:
    async with transaction(resources.sessions) as session:
        run = await session.get(Run, run_id)
        if run is None:
            message = "There is no run with this id."
            raise Permanent(message, code="run_missing")
        steps = await session.scalars(
            select(Step).where(Step.run_id == run_id).order_by(Step.position)
        )
        pictures = await session.scalars(
            select(RunPicture).where(RunPicture.run_id == run_id).order_by(RunPicture.kind)
        )
        entries = await session.scalars(
            select(Entry).where(Entry.run_id == run_id).order_by(Entry.id)
        )
        told = await session.execute(
            select(OUTBOX).where(OUTBOX.c.run_id == run_id).order_by(OUTBOX.c.id)
        )
        return [
            _json("run.json", _columns(run)),
            _json("steps.json", [_columns(step) for step in steps]),
            _json("pictures.json", [_columns(picture) for picture in pictures]),
            _json("story.json", [_columns(entry) for entry in entries]),
            _json("told.json", [_told(row._asdict()) for row in told]),
        ]


def _columns(row: object) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(row).mapper.column_attrs}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"body": json.loads(row["body"])}


def _json(name: str, document: object) -> File:
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str, sort_keys=True)
    return File(name, text.encode())


class _Sink(io.RawIOBase):
    """Takes what an archive writes and gives it on; nobody can go back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:  # noqa: ANN401  # any buffer
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
