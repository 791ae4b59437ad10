"""A consumer with a database acts on a fact once: the claim commits with the effect."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, MetaData, Table, Text, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_common.events import Event


def inbox_table(metadata: MetaData) -> Table:
    """Return the table of claimed event ids for a service's schema."""
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


async def first_time(session: AsyncSession, inbox: Table, consumer: str, event: Event) -> bool:
    """Return whether this consumer claims the event now; False when it was claimed before."""
    claim = (
        insert(inbox)
        .values(consumer=consumer, event_id=event.id)
        .on_conflict_do_nothing()
        .returning(inbox.c.event_id)
    )
    return (await session.execute(claim)).first() is not None


async def first_times(
    session: AsyncSession, inbox: Table, consumer: str, event_ids: Iterable[UUID]
) -> dict[UUID, datetime]:
    """Claim many events in one statement; return those not claimed before and when (now)."""
    ids = sorted(event_ids)  # two claimants of the same events wait for each other, never cross
    asked = select(literal(consumer), func.unnest(literal(ids, ARRAY(Uuid()))))
    claim = (
        insert(inbox)
        .from_select(["consumer", "event_id"], asked, include_defaults=False)
        .on_conflict_do_nothing()
        .returning(inbox.c.event_id, func.clock_timestamp())
    )
    return {row[0]: row[1] for row in await session.execute(claim)}
