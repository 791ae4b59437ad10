"""How a listener stops, against a JetStream that answers late."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from faststream.nats import NatsBroker
from nats.errors import TimeoutError as NatsTimeoutError

from techub_common.broker import Listener
from techub_common.delivery import Delivery, Road
from techub_common.streams import SCREENSHOTTER


class LateEnd:
    """A subscription in which the end of an empty pull (a 408 without a body) lies unread."""

    pending_msgs, pending_bytes = 1, 0

    def __init__(self) -> None:
        self.fetched = asyncio.Event()

    async def fetch(self, *_: object, **__: object) -> list[object]:
        """Find nothing."""
        self.fetched.set()
        await asyncio.sleep(0)
        raise NatsTimeoutError

    async def unsubscribe(self) -> None:
        """Do nothing."""


async def test_the_late_end_of_an_empty_pull_keeps_nobody_from_stopping() -> None:
    """Only a message with a body is waited for; a stop ends in time and not with its grace."""
    subscription = LateEnd()

    async def known(*_: object) -> None:
        return None

    async def bind(*_: object) -> LateEnd:
        return subscription

    stream = SimpleNamespace(consumer_info=known, pull_subscribe_bind=bind)
    broker = SimpleNamespace(
        config=SimpleNamespace(connection_state=SimpleNamespace(stream=stream)),
        connection=SimpleNamespace(is_connected=True),
    )
    delivery = cast("Delivery", SimpleNamespace(consumer=SCREENSHOTTER, road=Road()))

    async def work(_: Any) -> None:
        raise AssertionError

    listener = Listener(cast("NatsBroker", broker), delivery, work, slots=1)
    running = asyncio.create_task(listener.run())
    await subscription.fetched.wait()
    async with asyncio.timeout(5):
        await listener.stop(60)
        await running
