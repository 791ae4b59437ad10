"""What was told and claimed long ago is dropped; what may still be needed is not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from techub_api.resources import Resources
from techub_api.schema import INBOX, OUTBOX
from techub_common.database import transaction
from techub_common.pruning import Pruning

NOW = datetime.now(UTC)


async def told(resources: Resources, days_ago: float | None) -> UUID:
    """Write a fact that was told so many days ago (None: not yet) and return its id."""
    event_id = uuid4()
    row = {"run_id": uuid4(), "event_id": event_id, "tell": 0, "subject": "pipeline.started"}
    moment = None if days_ago is None else NOW - timedelta(days=days_ago)
    async with transaction(resources.sessions) as session:
        written = {"headers": {}, "body": b"", "written_at": NOW - timedelta(days=99)}
        await session.execute(insert(OUTBOX).values(**row, **written, told_at=moment))
    return event_id


async def claimed(resources: Resources, days_ago: float) -> UUID:
    """Claim an event so many days ago and return its id."""
    event_id = uuid4()
    async with transaction(resources.sessions) as session:
        moment = NOW - timedelta(days=days_ago)
        row = {"consumer": "ledger", "event_id": event_id, "claimed_at": moment}
        await session.execute(insert(INBOX).values(**row))
    return event_id


async def kept(resources: Resources) -> set[UUID]:
    """Return the ids of every fact and claim there is."""
    async with transaction(resources.sessions) as session:
        facts = await session.scalars(select(OUTBOX.c.event_id))
        claims = await session.scalars(select(INBOX.c.event_id))
        return {*facts, *claims}


async def test_only_what_is_past_its_time(resources: Resources) -> None:
    """Facts go 15 days after they were told, claims after 45; an untold fact never goes."""
    needed = {
        await told(resources, None),
        await told(resources, 14.9),
        await claimed(resources, 44.9),
    }
    for _ in range(3):
        await told(resources, 15.1)
    await claimed(resources, 45.1)
    dropped = await Pruning(resources.sessions, OUTBOX, INBOX).prune()

    assert dropped == 4
    assert await kept(resources) == needed


async def test_many_in_small_steps(resources: Resources) -> None:
    """However much there is, no transaction drops more than its share."""
    for _ in range(5):
        await claimed(resources, 50)
    dropped = await Pruning(resources.sessions, OUTBOX, INBOX, batch=2).prune()

    assert dropped == 5
    assert await kept(resources) == set()
