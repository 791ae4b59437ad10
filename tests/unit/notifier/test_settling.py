"""What tries come to: kept together where several wait, each answered for itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import structlog

from techub_common.delivery import Road
from techub_common.errors import Away
from techub_notifier.rows import NewDelivery, Rows, Taken, Tried
from techub_notifier.rules import Audience, State, Verdict
from techub_notifier.settling import Settling
from tests.simulation.memory import Memory, MemoryStore

DELIVERED = Verdict(State.delivered, provider_id="x")


class Slow(MemoryStore):
    """A store whose transactions wait until they are let go; one may be away."""

    def __init__(self) -> None:
        super().__init__(Memory(lambda: 0.0))
        self.opened = 0
        self.away = 0
        self.go = asyncio.Event()
        self.names: list[dict[str, object]] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Rows]:
        """Yield the rows once let go."""
        self.opened += 1
        self.names.append(structlog.contextvars.get_contextvars())
        await self.go.wait()
        if self.away:
            self.away -= 1
            raise Away("the database does not answer")
        async with super().transaction() as rows:
            yield rows


async def no_pause(_: float) -> None:
    """Go on at once."""


async def mails(store: MemoryStore, count: int) -> list[Taken]:
    """Return so many leased alerts that belong to no run."""
    async with MemoryStore(store.kept).transaction() as rows:
        for number in range(count):
            address = f"ops-{number}@example.com"
            row = NewDelivery(
                id=uuid4(),
                event="budget",
                audience=Audience.ops,
                recipient=f"ops:{number}",
                state=State.pending,
                address=address,
                payload="{}",
            )
            assert await rows.add(row)
        return list((await rows.take(count)).taken)


def somebody_else_s(taken: Taken) -> Taken:
    """Return the mail as it was leased before."""
    lease: UUID = uuid4()
    return Taken(
        id=taken.id,
        key=taken.key,
        run_id=None,
        event=taken.event,
        audience=taken.audience,
        payload=taken.payload,
        payload_sha256=taken.payload_sha256,
        attempts=1,
        since_first_try=timedelta(),
        lease_token=lease,
    )


async def begun(settling: Settling, taken: list[Taken]) -> list[asyncio.Task[bool]]:
    """Have all of them settled, and let each come as far as it gets."""
    tasks = [asyncio.create_task(settling.settled(Tried(one, DELIVERED))) for one in taken]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_who_comes_meanwhile_goes_together() -> None:
    """The first is kept alone; all that end meanwhile share the next transaction."""
    store = Slow()
    taken = await mails(store, 5)
    tasks = await begun(Settling(store, Road(pause=no_pause)), taken)
    assert store.opened == 1

    store.go.set()

    assert await asyncio.gather(*tasks) == [True] * 5
    assert store.opened == 2
    assert {one.state for one in store.kept.deliveries.values()} == {State.delivered}


async def test_each_hears_of_its_own_lease() -> None:
    """A lease that is somebody else's by now is told to that try alone."""
    store = Slow()
    store.go.set()
    taken = await mails(store, 3)
    taken[1] = somebody_else_s(taken[1])
    tasks = await begun(Settling(store, Road(pause=no_pause)), taken)

    assert await asyncio.gather(*tasks) == [True, False, True]


async def test_all_wait_while_postgres_is_away() -> None:
    """Nobody is answered before it is kept."""
    store = Slow()
    store.away = 3
    store.go.set()
    tasks = await begun(Settling(store, Road(pause=no_pause)), await mails(store, 3))

    assert await asyncio.gather(*tasks) == [True] * 3


@pytest.mark.parametrize("cancelled", [0, 1, 2])
async def test_who_is_cancelled_leaves_the_rest_to_the_next(cancelled: int) -> None:
    """Whoever is cut off, at it or in line: all the others are kept, and so is what it tried."""
    store = Slow()
    tasks = await begun(Settling(store, Road(pause=no_pause)), await mails(store, 4))

    tasks[cancelled].cancel()
    await asyncio.sleep(0)
    store.go.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(answers.pop(cancelled), asyncio.CancelledError)
    assert answers == [True] * 3
    assert {one.state for one in store.kept.deliveries.values()} == {State.delivered}


async def test_nobody_s_name_is_on_what_is_kept_together() -> None:
    """What is logged and traced meanwhile is the service's, not that of whoever came first."""
    store = Slow()
    store.go.set()
    [taken] = await mails(store, 1)
    with structlog.contextvars.bound_contextvars(service="notifier"):
        settling = Settling(store, Road(pause=no_pause))

    with structlog.contextvars.bound_contextvars(service="notifier", delivery_id=str(taken.id)):
        assert await settling.settled(Tried(taken, DELIVERED))
        assert structlog.contextvars.get_contextvars()["delivery_id"] == str(taken.id)

    assert store.names == [{"service": "notifier"}]
