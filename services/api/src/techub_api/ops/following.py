"""Follows the EVENTS stream for a page: in order, each message once, as fast as it is read.

A consumer that passes is pulled from, so nothing is sent that the browser is not ready for. When
it is gone (the broker was restarted, the browser slept), another begins after what was seen last.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from techub_common.errors import Away, Permanent
from techub_common.streams import EVENTS

TOGETHER: Final = 256
WAIT_SECONDS: Final = 1.0
FORGOTTEN_SECONDS: Final = 30.0
PREFIX: Final = "ops-"


class Follower:
    """A place in the stream, and what comes after it."""

    def __init__(self, client: Client, subjects: Sequence[str] = ()) -> None:
        self._client = client
        self._js = client.jetstream()
        self._subjects = list(subjects)
        self._created: datetime | None = None
        self._seen = 0
        self._since: datetime | None = None

    async def start(self, *, after: int | None = None, since: datetime | None = None) -> None:
        """Take the place after a sequence, before what was stored since then, or after the newest.

        Raises Away without JetStream, Permanent `stream_missing`.
        """
        try:
            info = await self._js.stream_info(EVENTS)
        except NotFoundError as error:
            message = f"JetStream has no stream {EVENTS}; run `techub_api migrate` first"
            raise Permanent(message, code="stream_missing") from error
        except (NatsError, TimeoutError) as error:
            message = f"JetStream does not answer: {type(error).__name__}"
            raise Away(message) from error
        last = info.state.last_seq
        self._created, self._since = info.created, since if after is None else None
        self._seen = last if after is None or after > last else after

    async def batches(self) -> AsyncGenerator[list[Msg], None]:
        """Yield what has come, at least every second and then maybe nothing, for ever."""
        pause = 0.1
        while True:
            try:
                async for batch in self._pulled():
                    pause = 0.1
                    yield batch
            except (NatsError, TimeoutError):
                yield []
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 2)

    async def _pulled(self) -> AsyncGenerator[list[Msg], None]:
        """Yield from one consumer until it is lost."""
        info = await self._js.stream_info(EVENTS)
        if info.created != self._created:  # the store was lost and made anew: all of it is unseen
            self._created, self._seen, self._since = info.created, 0, None
        self._seen = min(self._seen, info.state.last_seq)  # a crash may cost its newest messages
        name = f"{PREFIX}{secrets.token_hex(8)}"
        await self._js.add_consumer(EVENTS, self._config(name))
        subscription = await self._js.pull_subscribe_bind(name, EVENTS)
        delivered = 0
        try:
            while True:
                try:
                    batch = await subscription.fetch(TOGETHER, timeout=WAIT_SECONDS)
                except (NatsTimeoutError, TimeoutError):
                    await self._js.consumer_info(EVENTS, name)  # NotFoundError when it is lost
                    yield []
                    continue
                for message in batch:
                    delivered += 1
                    if message.metadata.sequence.consumer != delivered:
                        return  # something was missed: begin again after what was seen last
                self._seen, self._since = batch[-1].metadata.sequence.stream, None
                yield batch
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    def _config(self, name: str) -> ConsumerConfig:
        by_time = self._since is not None
        return ConsumerConfig(
            name=name,
            deliver_policy=(
                DeliverPolicy.BY_START_TIME if by_time else DeliverPolicy.BY_START_SEQUENCE
            ),
            opt_start_time=self._since,
            opt_start_seq=None if by_time else self._seen + 1,
            filter_subjects=self._subjects or None,
            ack_policy=AckPolicy.NONE,
            max_deliver=1,
            inactive_threshold=FORGOTTEN_SECONDS,
            mem_storage=True,
            num_replicas=1,
        )
