"""Messages of a durable consumer, asked for by number: none comes that nobody is waiting for.

nats-py's `fetch(n)` returns with the first messages and leaves the rest of its request on the
server: what comes within the second lies here unseen while those are worked on, and is delivered
again when that takes long. Here one message is waited for, and then only those are taken along that
are there already.
"""

import asyncio
import itertools
import json
from contextlib import suppress
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.errors import APIError

WAIT_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.1
LATE_SECONDS: Final = 0.1
"""How much later than it was due the end of a request may come."""

_NOTHING: Final = frozenset({"404", "408"})
"""Nothing is there, or the request ran out."""


class Puller:
    """Asks one consumer; the messages that come are acknowledged by whoever gets them."""

    def __init__(self, client: Client, stream: str, consumer: str) -> None:
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._numbers = itertools.count(1)
        self._subscription: Subscription | None = None

    @property
    def pending(self) -> bool:
        """Return whether a message lies here: by bytes, since the end of a request has none."""
        return self._subscription is not None and self._subscription.pending_bytes > 0

    async def fetch(self, most: int) -> list[Msg]:
        """Return up to `most` messages, none when none came within a second; raise NatsError."""
        found = await self._here(most)
        if not found and await self._connected():
            number = await self._ask(batch=1, expires=int(WAIT_SECONDS * 1e9))
            found = await self._answers(number, 1, WAIT_SECONDS + LATE_SECONDS)
        if found and len(found) < most and self._client.is_connected:
            with suppress(NatsError):  # what has come is worth more than what else there may be
                number = await self._ask(batch=most - len(found), no_wait=True)
                found += await self._answers(number, most - len(found), LATE_SECONDS)
        return found

    async def close(self) -> None:
        """Hear nothing more."""
        if self._subscription is not None and self._client.is_connected:
            await self._subscription.unsubscribe()

    async def _connected(self) -> bool:
        """Return whether there is a connection, after waiting a second for one.

        What is asked without one the client keeps, to ask all of it at once when it is back.
        """
        for _ in range(round(WAIT_SECONDS / LOOK_SECONDS)):
            if self._client.is_connected:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    async def _opened(self) -> Subscription:
        if self._subscription is None:
            self._subscription = await self._client.subscribe(f"{self._inbox}.*")
        return self._subscription

    async def _ask(self, **request: int | bool) -> int:
        await self._opened()
        number = next(self._numbers)
        body = json.dumps(request).encode()
        await self._client.publish(self._subject, body, reply=f"{self._inbox}.{number}")
        return number

    async def _here(self, most: int) -> list[Msg]:
        subscription, found = await self._opened(), list[Msg]()
        while subscription.pending_msgs and len(found) < most:
            message = await subscription.next_msg(LATE_SECONDS)
            if JetStreamContext.is_status_msg(message) is None:
                found.append(message)
        return found

    async def _answers(self, number: int, most: int, within: float) -> list[Msg]:
        """Return the messages until the request has ended, by its number or by waiting long enough.

        The end of an earlier request is passed over.
        """
        subscription, found = await self._opened(), list[Msg]()
        with suppress(NatsTimeoutError):
            while len(found) < most:
                message = await subscription.next_msg(within)
                status = JetStreamContext.is_status_msg(message)
                if status is None:
                    found.append(message)
                elif message.subject == f"{self._inbox}.{number}":
                    if status not in _NOTHING and not found:
                        APIError.from_msg(message)
                    break
        return found
