"""A consumer with a database acts on a fact once: the claim commits with the effect."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, func
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
