"""Copies a store into another; doing it again goes on where it ended."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from techub_common.errors import Permanent, TecHubError
from techub_common.storage import Entry, WholeStore

AT_ONCE: Final = 8


@dataclass(slots=True)
class Progress:
    """How far a copy has come; `gone` counts objects that were deleted before their turn."""

    copied: int = 0
    present: int = 0
    gone: int = 0
    bytes: int = 0


async def copy_objects(
    source: WholeStore, target: WholeStore, prefix: str, told: Callable[[Progress], None]
) -> Progress:
    """Leave every object of the source in the target, under its key and with its type.

    What the target holds already in the same size is left: under one key lie the same bytes. Raises
    Away when a store goes; what was copied stays, and the next copy goes on.
    """
    held = {entry.key: entry.size async for entry in target.entries(prefix)}
    progress = Progress()
    waiting = _waiting(source, prefix, held, progress)
    turn = asyncio.Lock()
    failed: list[TecHubError] = []
    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(_carry(waiting, turn, source, target, progress, told, failed))
    told(progress)
    if failed:
        raise failed[0]
    return progress


async def _waiting(
    source: WholeStore, prefix: str, held: dict[str, int], progress: Progress
) -> AsyncIterator[Entry]:
    async for entry in source.entries(prefix):
        if held.get(entry.key) == entry.size:
            progress.present += 1
        else:
            yield entry


async def _carry(
    waiting: AsyncIterator[Entry],
    turn: asyncio.Lock,
    source: WholeStore,
    target: WholeStore,
    progress: Progress,
    told: Callable[[Progress], None],
    failed: list[TecHubError],
    /,
) -> None:
    """Copy until nothing waits or somebody failed; what is in hand is finished, never broken off.

    A write that is broken off may still arrive, after the copy has said how far it came.
    """
    try:
        while not failed:
            async with turn:
                entry = await anext(waiting, None)
            if entry is None:
                return
            await _carry_one(entry, source, target, progress)
            told(progress)
    except TecHubError as error:
        failed.append(error)


async def _carry_one(
    entry: Entry, source: WholeStore, target: WholeStore, progress: Progress
) -> None:
    try:
        found = await source.fetch(entry.key)
    except Permanent as error:
        if error.code != "object_missing":
            raise
        progress.gone += 1
        return
    if found is not None:
        await target.put(entry.key, found.content, found.mime)
        progress.copied += 1
        progress.bytes += len(found.content)
