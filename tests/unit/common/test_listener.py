"""How a listener stops, against a JetStream that answers late."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

from faststream.nats import NatsBroker
from nats.errors import TimeoutError as NatsTimeoutError

from techub_common.broker import Listener
from techub_common.delivery import Delivery, Road
from techub_common.errors import Away
from techub_common.streams import SCREENSHOTTER
from techub_common.tasks import end

LATE = SimpleNamespace(headers=None)


class Late:
    """A connection on which what comes of a pull lies unread: its end, or a message too."""

    is_connected = True
    pending_msgs, pending_bytes = 0, 0

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.fetched = asyncio.Event()

    def new_inbox(self) -> str:
        """Name an inbox."""
        return "_INBOX.late"

    async def subscribe(self, _: str) -> "Late":
        """Be the subscription, too."""
        return self

    async def publish(self, _: str, body: bytes, *, reply: str) -> None:
        """Take down what is asked for."""
        del reply
        self.asked.append(json.loads(body))

    async def next_msg(self, _: float) -> object:
        """Give the message once it is there."""
        self.fetched.set()
        await asyncio.sleep(0)
        if not self.pending_bytes:
            raise NatsTimeoutError
        self.pending_msgs = self.pending_bytes = 0
        return LATE

    async def unsubscribe(self) -> None:
        """Do nothing."""


def listener_of(connection: Late, delivery: SimpleNamespace) -> Listener:
    """Return a listener of one slot that takes up to eight messages at a time."""

    async def known(*_: object) -> None:
        return None

    async def work(_: Any) -> None:
        raise AssertionError

    state = SimpleNamespace(stream=SimpleNamespace(consumer_info=known), connection=connection)
    broker = SimpleNamespace(config=SimpleNamespace(connection_state=state))
    return Listener(cast("NatsBroker", broker), cast("Delivery", delivery), work, slots=1, most=8)


async def test_the_late_end_of_an_empty_pull_keeps_nobody_from_stopping() -> None:
    """Only a message with a body is waited for; a stop ends in time and not with its grace."""
    connection = Late()
    connection.pending_msgs = 1
    listener = listener_of(connection, SimpleNamespace(consumer=SCREENSHOTTER, road=Road()))
    running = asyncio.create_task(listener.run())
    await connection.fetched.wait()
    async with asyncio.timeout(5):
        await listener.stop(60)
        await running


async def test_a_message_that_comes_late_does_not_lie_behind_a_closed_road() -> None:
    """It is taken in hand, by itself, where it is kept alive; else nothing is asked for."""
    connection, road, handled = Late(), Road(), asyncio.Event()

    async def handle(messages: list[object], _: object) -> None:
        assert messages == [LATE]
        handled.set()

    delivery = SimpleNamespace(consumer=SCREENSHOTTER, road=road, handle=handle)
    listener = listener_of(connection, delivery)
    blocked = asyncio.Event()

    async def away() -> None:
        blocked.set()
        message = "Postgres"
        raise Away(message)

    running = asyncio.create_task(listener.run())
    await connection.fetched.wait()
    waiting = asyncio.create_task(road.until_back(away))
    await blocked.wait()
    for _ in range(20):  # until the last pull has come to nothing
        await asyncio.sleep(0)
    connection.asked.clear()
    connection.pending_msgs, connection.pending_bytes = 1, 400
    async with asyncio.timeout(5):
        await handled.wait()
        await listener.stop(60)
        await running

    assert not road.is_open
    assert connection.asked == []
    await end([waiting])
