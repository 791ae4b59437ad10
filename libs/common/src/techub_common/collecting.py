"""One question to every replica of a service at once, and all their answers."""

import time
from collections.abc import Callable
from typing import Final

from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError

NO_RESPONDERS: Final = "503"


async def collect(
    client: Client,
    subject: str,
    question: bytes,
    take: Callable[[bytes], bool],
    *,
    first: float,
    then: float,
) -> None:
    """Give every replica's answer to `take` until it says that it has enough; raise NatsError.

    Nobody is waited for longer than `first` seconds, and once somebody has answered no longer than
    `then`, both since the question; not at all where nobody hears it.
    """
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    started, within = time.monotonic(), first
    try:
        await client.publish(subject, question, reply=inbox)
        while (left := started + within - time.monotonic()) > 0:
            try:
                message = await subscription.next_msg(timeout=left)
            except NatsTimeoutError:
                return
            if (message.headers or {}).get("Status") == NO_RESPONDERS or take(message.data):
                return
            within = then
    finally:
        await subscription.unsubscribe()
