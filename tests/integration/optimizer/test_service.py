"""The service as a process: it hears of pictures, publishes their files, and tells them."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import nats
import nats.js.api
import pytest
from nats.aio.client import Client

from techub_common import streams
from techub_common.envelope import seal, unseal
from techub_common.events import AVATAR, AssetCaptured, AssetFailed, AssetRecorded, Event
from techub_devstack.servers.nats import nats_server
from techub_devstack.servers.waiting import until
from techub_devstack.services import ServiceFailed, ServiceProcess, free_ports

from .conftest import opened

ANSWER_SECONDS = 30


@asynccontextmanager
async def declared(directory: Path) -> AsyncIterator[Client]:
    """Yield a connection to a new NATS server on which streams and consumers are declared."""
    async with nats_server(directory) as server:
        connection = await nats.connect(server.url)
        await streams.declare(connection.jetstream(), ack_wait=3)
        yield connection
        await connection.close()


def address_of(road: Client) -> str:
    """Return where the server listens."""
    assert road.connected_url is not None
    return road.connected_url.geturl()


@pytest.fixture(scope="module")
async def road(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """Give a connection to the server that the service listens to."""
    async with declared(tmp_path_factory.mktemp("nats")) as connection:
        yield connection


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the object store."""
    return tmp_path_factory.mktemp("objects")


@pytest.fixture(scope="module")
def environment(road: Client, objects: Path) -> dict[str, str]:
    """Give what the service reads."""
    return {
        "PATH": os.environ["PATH"],
        "NATS_URL": address_of(road),
        "STORAGE_URL": f"file://{objects}",
        "ACK_WAIT_SECONDS": "3",
        "HEALTH_PORT": str(free_ports(1)[0]),
    }


@pytest.fixture(scope="module")
async def service(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    """Give the running service."""
    log = tmp_path_factory.mktemp("log") / "optimizer.log"
    service = ServiceProcess("optimizer", environment, log)
    service.start()
    await service.until_ready()
    yield service
    assert await service.stop() == 0


async def logged(service: ServiceProcess, fact: AssetCaptured, *names: str) -> None:
    """Return once the service has logged all these events about the picture's run."""

    def are_there() -> bool:
        lines = [json.loads(line) for line in service.log.read_text().splitlines()]
        about = {line["event"] for line in lines if line.get("run_id") == str(fact.run_id)}
        return set(names) <= about

    await until(are_there, within=10, what=f"the log lines {', '.join(names)}")


def taken(objects: Path, kind: str, content: bytes) -> AssetCaptured:
    """Return the fact that a picture lies in the private part of the store."""
    run_id, sha256 = uuid4(), hashlib.sha256(content).hexdigest()
    key = f"runs/{run_id}/captures/{kind}-{sha256[:12]}.png"
    (objects / key).parent.mkdir(parents=True)
    (objects / key).write_bytes(content)
    return AssetCaptured(
        run_id=run_id,
        login="Ada",
        kind=kind,
        object_key=key,
        sha256=sha256,
        bytes=len(content),
        width=1200,
        height=630,
        mime="image/png",
    )


async def answer_to(road: Client, fact: AssetCaptured, tell: int = 0) -> Event:
    """Tell the fact and return what the service tells of the asset."""
    js = road.jetstream()
    start = (await js.stream_info(streams.EVENTS)).state.last_seq + 1
    answers = await js.subscribe(
        "asset.*",
        stream=streams.EVENTS,
        ordered_consumer=True,
        config=nats.js.api.ConsumerConfig(
            deliver_policy=nats.js.api.DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start
        ),
    )
    sealed = seal(fact, "/tests", tell=tell)
    await js.publish(fact.subject, sealed.body(), headers=sealed.headers())
    while True:
        message = await answers.next_msg(timeout=ANSWER_SECONDS)
        event = unseal(message.data, message.headers).event
        if event.run_id == fact.run_id and not isinstance(event, AssetCaptured):
            await answers.unsubscribe()
            return event


async def test_picture(
    service: ServiceProcess, road: Client, objects: Path, capture: bytes
) -> None:
    """A capture becomes public files named by content, and a note of what they are made of."""
    fact = taken(objects, "og", capture)

    told = await answer_to(road, fact)

    assert isinstance(told, AssetRecorded)
    keys = [rendition.object_key for rendition in told.renditions]
    assert keys == [
        f"generated/ada/og-{rendition.sha256[:12]}.{extension}"
        for rendition, extension in zip(
            told.renditions, ("png", "webp", "jpg", "webp"), strict=True
        )
    ]
    for rendition in told.renditions:
        content = (objects / rendition.object_key).read_bytes()
        assert rendition.sha256 == hashlib.sha256(content).hexdigest()
        assert rendition.bytes == len(content) < fact.bytes
        assert opened(content).size == (rendition.width, rendition.height)
    note = json.loads((objects / f"generated/ada/meta/og-{fact.sha256[:12]}.json").read_text())
    assert note["run_id"] == str(fact.run_id)
    assert [one["object_key"] for one in note["renditions"]] == keys
    assert (told.provider, told.bytes_before, told.degradations) == ("vips", fact.bytes, ())
    await logged(
        service, fact, "image_optimize_started", "image_optimize_completed", "record_asset_ok"
    )


async def test_artwork(
    service: ServiceProcess, road: Client, objects: Path, capture: bytes
) -> None:
    """An artwork is one public file of its kind; who drew it is told on, and nobody captured it."""
    fact = taken(objects, "avatar_16x9", capture).model_copy(update={"provider": "vertex"})

    told = await answer_to(road, fact)

    assert isinstance(told, AssetRecorded)
    [file] = told.renditions
    assert file.object_key.startswith(f"generated/ada/avatar_16x9-{file.sha256[:12]}.")
    assert (file.width, file.height) == (1200, 630)
    assert (told.kind, told.provider) == ("avatar_16x9", "vertex")
    await logged(service, fact, "image_optimize_started", "record_asset_ok")


async def test_damaged_capture(service: ServiceProcess, road: Client, objects: Path) -> None:
    """A capture that is not what was captured is never published, not even as it is."""
    fact = taken(objects, "og", b"the whole capture")
    (objects / fact.object_key).write_bytes(b"the whole")

    told = await answer_to(road, fact)

    assert isinstance(told, AssetFailed)
    assert (told.stage, told.code, told.attempts) == ("optimize", "object_damaged", 1)
    assert "9 bytes that are not the 17" in told.message
    await logged(service, fact, "image_optimize_failed")


async def test_missing_capture(service: ServiceProcess, road: Client, objects: Path) -> None:
    """A capture that is not there is told as such, at once."""
    fact = taken(objects, "og", b"the whole capture")
    (objects / fact.object_key).unlink()

    told = await answer_to(road, fact)

    assert isinstance(told, AssetFailed)
    assert (told.stage, told.code, told.attempts) == ("optimize", "object_missing", 1)
    assert fact.object_key in told.message
    await logged(service, fact, "image_optimize_failed")


async def test_the_store_goes_and_comes_back(
    service: ServiceProcess, road: Client, objects: Path, capture: bytes
) -> None:
    """While the store is away nothing is given up; once it is back the picture is made."""
    fact = taken(objects, "og", capture)
    hidden = objects.with_name("hidden")
    objects.rename(hidden)
    try:
        answer = asyncio.create_task(answer_to(road, fact))
        await logged(service, fact, "image_optimize_started", "ours_away")
    finally:
        hidden.rename(objects)

    told = await answer

    assert isinstance(told, AssetRecorded)
    assert told.degradations == ()


async def test_repeat(service: ServiceProcess, road: Client, objects: Path, capture: bytes) -> None:
    """The same capture told again gives the same files under the same names."""
    fact = taken(objects, "card", capture)

    first = await answer_to(road, fact)
    again = await answer_to(road, fact, tell=1)

    assert isinstance(first, AssetRecorded)
    assert isinstance(again, AssetRecorded)
    assert first.id == again.id
    assert first.renditions == again.renditions
    assert service.starts == 1


async def test_broken_capture(service: ServiceProcess, road: Client, objects: Path) -> None:
    """A capture that no engine can read is published as it is, and that is told as a loss."""
    fact = taken(objects, "simple", b"\x89PNG\r\n\x1a\n and then nothing")

    told = await answer_to(road, fact)

    assert isinstance(told, AssetRecorded)
    [rendition] = told.renditions
    assert rendition.sha256 == fact.sha256
    assert told.engine == "none"
    assert [loss.stage for loss in told.degradations] == ["optimize:simple"]
    await logged(service, fact, "vips_optimize_failed", "image_optimize_failed")


async def test_avatar(service: ServiceProcess, road: Client, objects: Path, capture: bytes) -> None:
    """An avatar becomes one square public file named by its content."""
    fact = taken(objects, AVATAR, capture)

    told = await answer_to(road, fact)

    assert isinstance(told, AssetRecorded)
    [rendition] = told.renditions
    assert rendition.object_key.startswith(f"avatars/{rendition.sha256}.")
    assert opened((objects / rendition.object_key).read_bytes()).size == (460, 460)
    await logged(service, fact, "record_asset_ok")


async def test_hostile_avatar(service: ServiceProcess, road: Client, objects: Path) -> None:
    """An avatar that is no picture is refused after one attempt and never becomes public."""
    fact = taken(objects, AVATAR, b"<svg xmlns='http://www.w3.org/2000/svg'/>")

    told = await answer_to(road, fact)

    assert isinstance(told, AssetFailed)
    assert (told.stage, told.code, told.attempts) == ("optimize", "picture_refused", 1)
    assert not (objects / f"avatars/{fact.sha256}.png").exists()
    await logged(service, fact, "image_optimize_failed")


async def test_no_engine(environment: dict[str, str], tmp_path: Path) -> None:
    """Without libvips and without ImageMagick the start ends with one line that says so."""
    nothing = environment | {
        "IMAGE_OPT_VIPS": "0",
        "IM_CLI": "/nowhere/magick",
        "HEALTH_PORT": str(free_ports(1)[0]),
    }
    service = ServiceProcess("optimizer", nothing, tmp_path / "log")
    service.start()

    with pytest.raises(ServiceFailed, match="IM_CLI names /nowhere/magick"):
        await service.until_ready()

    assert await service.wait(within=10) == 1


async def test_magick_alone(
    environment: dict[str, str],
    magick_command: str,
    objects: Path,
    capture: bytes,
    tmp_path: Path,
) -> None:
    """With libvips switched off ImageMagick makes the files, and nothing is lost."""
    async with declared(tmp_path / "nats") as road:
        alone = environment | {
            "IMAGE_OPT_VIPS": "0",
            "IM_CLI": magick_command,
            "HEALTH_PORT": str(free_ports(1)[0]),
            "NATS_URL": address_of(road),
        }
        service = ServiceProcess("optimizer", alone, tmp_path / "log")
        service.start()
        try:
            await service.until_ready()
            told = await answer_to(road, taken(objects, "og", capture))
        finally:
            await service.stop()

    assert isinstance(told, AssetRecorded)
    assert told.engine.startswith("ImageMagick ")
    assert len(told.renditions) == 4
    assert told.degradations == ()
