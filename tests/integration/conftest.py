"""Real servers for integration tests: a road of one's own, a database of one's own."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator

import nats
import pytest
from nats.js import JetStreamContext

from techub_api.schema import METADATA
from techub_common import streams
from techub_common.migrations import migrate
from techub_common.streams import ADVISORIES, DEAD, EVENTS
from techub_devstack.servers.databases import Databases

ACK_WAIT = 3.0
_numbers = itertools.count()


@pytest.fixture
async def js(nats_url: str) -> AsyncIterator[JetStreamContext]:
    """Give a JetStream whose streams and consumers are declared and empty."""
    connection = await nats.connect(nats_url)
    context = connection.jetstream()
    for name in (EVENTS, ADVISORIES, DEAD):
        try:
            await context.delete_stream(name)
        except nats.js.errors.NotFoundError:
            continue
    await _declare(context)
    yield context
    await connection.close()


async def _declare(js: JetStreamContext) -> None:
    """Declare them; the server now and then has not quite let go of the ones just deleted (500)."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await streams.declare(js, ack_wait=ACK_WAIT)
            except nats.js.errors.ServerError:
                await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
async def api_template(postgres: Databases) -> str:
    """Give the name of a database in which the api's schema is migrated; nobody is connected."""
    name = f"template_api_{os.getpid()}"
    url = await postgres.create_database(name)
    await migrate("techub_api", METADATA, url, url, readers=["notifier"])
    return name


@pytest.fixture
async def api_database(postgres: Databases, api_template: str) -> AsyncIterator[str]:
    """Give the address of a fresh database with the api's schema."""
    name = f"api_{os.getpid()}_{next(_numbers)}"
    yield await postgres.create_database(name, template=api_template)
    await postgres.drop_database(name)
