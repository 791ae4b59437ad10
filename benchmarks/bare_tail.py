"""The reference of `tail.py`: nats-py's own ordered consumer, printing what arrives as it is."""

import asyncio
import os
import sys
from contextlib import suppress

import nats

from techub_common.streams import EVENTS


async def main() -> None:
    """Print every message from now on, one per line."""
    client = await nats.connect(os.environ["NATS_URL"])
    subscription = await client.jetstream().subscribe(
        ">", stream=EVENTS, ordered_consumer=True, deliver_policy="new"
    )
    async for message in subscription.messages:
        sys.stdout.buffer.write(message.data + b"\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
