"""Deletes what lies in folders whose owner is gone: at once, and again with every pruning."""

from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.objects.named import is_named
from techub_api.objects.tables import Forgotten
from techub_common.database import Sessions, transaction
from techub_common.pruning import CLAIMS_KEPT
from techub_common.storage import Entry, WholeStore, is_public

PRIVATE: Final = ("runs", "debug")


def folders_of(run_id: UUID) -> tuple[str, ...]:
    """Return the private folders a run writes to."""
    return tuple(f"{folder}/{run_id}/" for folder in PRIVATE)


async def note(session: AsyncSession, keys: Iterable[str]) -> None:
    """Note the folders and objects as forgotten from now on."""
    rows = [{"key": key, "since": func.now()} for key in sorted(set(keys))]
    if rows:
        made = insert(Forgotten).values(rows)
        await session.execute(
            made.on_conflict_do_update(index_elements=["key"], set_={"since": func.now()})
        )


async def forgotten_runs(session: AsyncSession, run_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the runs that went with somebody's data."""
    asked = {folders_of(run_id)[0]: run_id for run_id in run_ids}
    if not asked:
        return set()
    found = await session.scalars(select(Forgotten.key).where(Forgotten.key.in_(asked)))
    return {asked[key] for key in found}


async def forget(
    objects: WholeStore, sessions: Sessions, places: Collection[str] | None = None
) -> int:
    """Delete what lies in these forgotten places, all when None; return how many; raise Away.

    What was made public since then, or is named by a row, is somebody else's and stays.
    """
    async with transaction(sessions) as session:
        await session.execute(delete(Forgotten).where(Forgotten.since < func.now() - CLAIMS_KEPT))
        noted = select(Forgotten).order_by(Forgotten.key)
        if places is not None:
            noted = noted.where(Forgotten.key.in_(places))
        forgotten = (await session.scalars(noted)).all()
    count = 0
    for place in forgotten:
        async for entry in _entries(objects, place.key):
            if is_public(entry.key) and await _is_somebodys(sessions, entry, place.since):
                continue
            await objects.delete(entry.key)
            count += 1
    return count


async def _entries(objects: WholeStore, key: str) -> AsyncIterator[Entry]:
    if key.endswith("/"):
        async for entry in objects.entries(key):
            yield entry
    elif (found := await objects.look(key)) is not None:
        yield found


async def _is_somebodys(sessions: Sessions, entry: Entry, since: datetime) -> bool:
    if entry.modified > since:
        return True
    async with transaction(sessions) as session:
        return await is_named(session, entry.key)
