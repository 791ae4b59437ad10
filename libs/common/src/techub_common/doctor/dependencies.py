"""The checks that several services share: NATS, the road, the store."""

import asyncio
import shutil
import time
from typing import Final
from uuid import uuid4

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from techub_common.doctor.checking import Check, Seen, ill, poor, well
from techub_common.doctor.shape import Silent, differences
from techub_common.errors import TecHubError
from techub_common.settings import StorageSettings
from techub_common.storage import WholeStore
from techub_common.storage_url import Folder
from techub_common.streams import Consumer

PROBES: Final = "runs/.doctor/"
CONTENT: Final = b"TecHub looks whether its store works. This may be deleted.\n"
LITTLE_ROOM: Final = 0.05
GIGABYTE: Final = 10**9

NATS_MEND: Final = "Bring NATS back, and see that NATS_URL names it; work is kept meanwhile."
STORE_MEND: Final = (
    "See that STORAGE_URL names a place this service may write to, and what `techub storage probe`"
    " says; work is kept meanwhile."
)
MIGRATE: Final = "Run `python -m techub_api migrate`: it brings streams and consumers up to date."


def nats(client: Client) -> Check:
    """Return the check that NATS answers, and how soon."""

    async def look() -> Seen:
        started = time.monotonic()
        try:
            await client.flush(timeout=4)
        except (NatsError, TimeoutError) as error:
            return ill(f"NATS does not answer: {type(error).__name__}", NATS_MEND)
        server = client.connected_server_version
        version = f"{server.major}.{server.minor}.{server.patch}"
        return well(f"nats-server {version} answers within {_ms_since(started)} ms")

    return Check("nats", look, NATS_MEND)


def streams(js: JetStreamContext, *, ack_wait: float, replicas: int) -> Check:
    """Return the check that every stream and consumer is what the code declares."""
    return _road("jetstream", js, ack_wait, replicas, None, "every stream and consumer")


def consumer(js: JetStreamContext, heard: Consumer, *, ack_wait: float) -> Check:
    """Return the check that the service's own consumer is what the code declares."""
    return _road("consumer", js, ack_wait, 1, heard.name, f"the consumer {heard.name}")


def _road(
    name: str, js: JetStreamContext, ack_wait: float, replicas: int, only: str | None, what: str
) -> Check:
    async def look() -> Seen:
        try:
            found = await differences(js, ack_wait=ack_wait, replicas=replicas, only=only)
        except Silent as error:
            return ill(str(error), NATS_MEND)
        if found:
            return ill("; ".join(found), MIGRATE)
        return well(f"{what} is as the code declares it")

    return Check(name, look, NATS_MEND, seconds=10.0)


def store(objects: WholeStore, settings: StorageSettings) -> Check:
    """Return the check that objects can be written, read and deleted."""

    async def look() -> Seen:
        key = f"{PROBES}{uuid4().hex}.txt"
        step = "write"
        try:
            await objects.put(key, CONTENT, "text/plain")
            step = "read"
            read = await objects.get(key)
            step = "delete"
            await objects.delete(key)
            left = await objects.exists(key)
        except TecHubError as error:
            return ill(f"an object could not be {_DONE[step]}: {error}", STORE_MEND)
        if read != CONTENT:
            return ill("what was read is not what was written", STORE_MEND)
        if left:
            return ill("what was deleted is still there", STORE_MEND)
        return await _room(settings)

    return Check("store", look, STORE_MEND, seconds=10.0)


_DONE: Final = {"write": "written", "read": "read", "delete": "deleted"}


async def _room(settings: StorageSettings) -> Seen:
    place = settings.storage_place
    if not isinstance(place, Folder):
        return well(f"written, read and deleted in {place}")
    disk = await asyncio.to_thread(shutil.disk_usage, place.root)
    said = (
        f"written, read and deleted in the folder {place.root}; "
        f"{disk.free / GIGABYTE:.1f} GB of its disk are free"
    )
    if disk.free < LITTLE_ROOM * disk.total:
        return poor(said, "Make room on the disk: pictures cannot be stored once it is full.")
    return well(said)


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
