"""The service as a process: it hears, draws, keeps, tells, and leaves nothing behind."""

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import nats
import psutil
import pytest
from nats.aio.client import Client
from PIL import Image

from techub_cards.card import Card
from techub_common import streams
from techub_common.envelope import seal, unseal
from techub_common.events import AssetCaptured, AssetFailed, CaptureRequested, Event
from techub_devstack.servers.nats import nats_server
from techub_devstack.servers.waiting import until
from techub_devstack.services import ServiceProcess, free_ports

ANSWER_SECONDS = 30


@pytest.fixture(scope="module")
async def road(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """Give a connection to a NATS server on which streams and consumers are declared."""
    async with nats_server(tmp_path_factory.mktemp("nats")) as server:
        connection = await nats.connect(server.url)
        await streams.declare(connection.jetstream(), ack_wait=3)
        yield connection
        await connection.close()


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the object store."""
    return tmp_path_factory.mktemp("objects")


@pytest.fixture(scope="module")
async def service(
    road: Client, objects: Path, chromium_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    """Give the running service."""
    environment = {
        "PATH": os.environ["PATH"],
        "NATS_URL": str(road.connected_url.geturl()) if road.connected_url else "",
        "STORAGE_URL": f"file://{objects}",
        "CHROMIUM_PATH": str(chromium_path),
        "ACK_WAIT_SECONDS": "3",
        "HEALTH_PORT": str(free_ports(1)[0]),
    }
    log = tmp_path_factory.mktemp("log") / "screenshotter.log"
    service = ServiceProcess("screenshotter", environment, log)
    service.start()
    await service.until_ready()
    yield service
    await service.stop()


def lines_of(service: ServiceProcess) -> list[dict[str, object]]:
    """Return what the service has logged."""
    return [json.loads(line) for line in service.log.read_text().splitlines()]


def browser_pid(service: ServiceProcess) -> int:
    """Return the process id of the newest browser."""
    pids = [line["pid"] for line in lines_of(service) if line["event"] == "chromium_started"]
    return int(str(pids[-1]))


async def answer_to(road: Client, wanted: CaptureRequested) -> Event:
    """Tell the request and return what the service tells of the picture."""
    js = road.jetstream()
    answers = await js.subscribe("asset.*", stream=streams.EVENTS, ordered_consumer=True)
    sealed = seal(wanted, "/tests")
    await js.publish(wanted.subject, sealed.body(), headers=sealed.headers())
    while True:
        message = await answers.next_msg(timeout=ANSWER_SECONDS)
        event = unseal(message.data, message.headers).event
        if event.run_id == wanted.run_id:
            await answers.unsubscribe()
            return event


def request_of(objects: Path, card: Card, variant: str) -> CaptureRequested:
    """Return the request for a picture whose view lies in the store."""
    run_id = uuid4()
    key = f"runs/{run_id}/view-1.json"
    (objects / key).parent.mkdir(parents=True)
    (objects / key).write_text(card.model_dump_json())
    return CaptureRequested(run_id=run_id, login=card.login, variant=variant, view_key=key)


async def test_capture(service: ServiceProcess, road: Client, objects: Path, card: Card) -> None:
    """A request for a picture is answered with a capture that lies in the store."""
    avatar = objects / "avatars" / "ada.png"
    avatar.parent.mkdir(exist_ok=True)
    Image.new("RGB", (460, 460), (0, 255, 0)).save(avatar)
    request = request_of(objects, card, "og").model_copy(update={"avatar_key": "avatars/ada.png"})

    told = await answer_to(road, request)

    assert isinstance(told, AssetCaptured)
    stored = objects / told.object_key
    with Image.open(stored) as image:
        assert image.size == (told.width, told.height) == (1200, 630)
    assert told.object_key == f"runs/{request.run_id}/captures/og-{told.sha256[:12]}.png"
    assert told.bytes == stored.stat().st_size
    assert (told.kind, told.mime) == ("og", "image/png")
    assert told.duration_ms > 0
    assert browser_pid(service) > 0


async def test_repeat(service: ServiceProcess, road: Client, objects: Path, card: Card) -> None:
    """The same request told again gives the same file."""
    request = request_of(objects, card, "og")
    first = await answer_to(road, request)

    again = seal(request, "/tests", tell=1)
    await road.jetstream().publish(request.subject, again.body(), headers=again.headers())
    await until(
        lambda: len(captured_for(request, service)) == 2, within=ANSWER_SECONDS, what="the repeat"
    )

    assert isinstance(first, AssetCaptured)
    folder = objects / "runs" / str(request.run_id) / "captures"
    assert [file.name for file in folder.iterdir()] == [Path(first.object_key).name]


def captured_for(request: CaptureRequested, service: ServiceProcess) -> list[dict[str, object]]:
    """Return the lines that say a picture of the run was taken."""
    return [
        line
        for line in lines_of(service)
        if line["event"] == "picture_captured" and line["run_id"] == str(request.run_id)
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"variant": "mural"}, "unknown_variant"),
        ({"view_key": "runs/nowhere/view.json"}, "object_missing"),
        ({"avatar_key": "avatars/nobody.png"}, "object_missing"),
    ],
)
async def test_impossible_picture(
    service: ServiceProcess,
    road: Client,
    objects: Path,
    card: Card,
    change: dict[str, str],
    code: str,
) -> None:
    """A picture that cannot be made is told as failed after one attempt."""
    request = request_of(objects, card, "og").model_copy(update=change)

    told = await answer_to(road, request)

    assert isinstance(told, AssetFailed)
    assert (told.stage, told.code, told.attempts) == ("capture", code, 1)
    assert any(line["event"] == "screenshot_failed" for line in lines_of(service))


async def test_killed_browser(
    service: ServiceProcess, road: Client, objects: Path, card: Card
) -> None:
    """A browser killed under the service is replaced, and pictures go on."""
    old = browser_pid(service)
    os.kill(old, signal.SIGKILL)
    await until(lambda: browser_pid(service) != old, within=20, what="a new browser")

    told = await answer_to(road, request_of(objects, card, "card"))

    assert isinstance(told, AssetCaptured)


async def test_nothing_is_left(service: ServiceProcess) -> None:
    """After SIGKILL of the service no browser and no driver lives on; after SIGTERM it exits 0."""
    family = psutil.Process(service.pid).children(recursive=True)
    assert {"node", "chrom"} & {child.name()[:5].removesuffix("-") for child in family}

    service.send(signal.SIGKILL)
    await service.wait(within=10)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []

    service.start()
    await service.until_ready()
    assert await service.stop() == 0
