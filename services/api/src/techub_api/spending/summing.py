"""Adds what a run's questions to models took to the day they became known on."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.spending.days import today
from techub_api.spending.tables import Spending
from techub_common.database import put_off
from techub_common.events import ModelCall

SUMS: Final = ("calls", "tokens_in", "tokens_out", "cost_micros")
KEY: Final = ("day", "purpose", "provider", "model")


async def spend(session: AsyncSession, calls: Sequence[ModelCall]) -> None:
    """Add the calls to today's sums; a day's rows are locked only just before the commit.

    The caller has claimed the event that tells of them, so each counts once.
    """
    if calls:
        day = await today(session)
        put_off(session, _add, *((day, call) for call in calls))


async def _add(session: AsyncSession, spent: list[tuple[date, ModelCall]]) -> None:
    sums: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for day, call in spent:
        row = sums[day, call.purpose, call.provider, call.model]
        row["calls"] += 1
        for name in SUMS[1:]:
            row[name] += getattr(call, name)
    # In one order everywhere, so that two transactions never wait for each other.
    rows = [dict(zip(KEY, key, strict=True)) | sums[key] for key in sorted(sums)]
    added = insert(Spending).values(rows)
    await session.execute(
        added.on_conflict_do_update(
            index_elements=KEY,
            set_={name: getattr(Spending, name) + added.excluded[name] for name in SUMS},
        )
    )
