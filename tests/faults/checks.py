"""What must be true of a run after any trouble."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from uuid import UUID

import httpx
import nats
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError
from PIL import Image
from sqlalchemy import func, select

from techub_api.schema import OUTBOX
from techub_common.database import open_sessions, transaction
from techub_common.streams import ADVISORIES, ADVISORY_CONSUMER, CONSUMERS, DEAD, EVENTS
from techub_devstack.services import ServiceProcess
from techub_devstack.stack import ALERT_ADDRESS, Stack
from tests.e2e.conftest import Person, mails_to

SIZES: Final = {"og": (1200, 630), "card": (1280, 720), "simple": (1280, 720)}
FORMATS: Final = {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG", "thumbnail": "WEBP"}
THUMBNAIL_WIDTH: Final = 480
PICTURES: Final = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG"}
SETTLED_SECONDS: Final = 30.0

Asked = Mapping[str, int]


@asynccontextmanager
async def jetstream(stack: Stack) -> AsyncIterator[JetStreamContext]:
    """Yield the stack's JetStream, on a connection of its own."""
    connection = await nats.connect(stack.nats.url)
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


def asked_of_github(stack: Stack, login: str) -> Asked:
    """Return how often each thing was asked of GitHub about this login."""
    asked = stack.github.requests(login=login)
    return {what.replace(login, "{login}"): count for what, count in asked.items()}


async def infos(js: JetStreamContext) -> list[ConsumerInfo]:
    """Return how every durable stands."""
    found = [await js.consumer_info(EVENTS, consumer.name) for consumer in CONSUMERS]
    return [*found, await js.consumer_info(ADVISORIES, ADVISORY_CONSUMER)]


def owed(found: list[ConsumerInfo]) -> dict[str, tuple[int, int]]:
    """Return what is pending and what is not acknowledged, by consumer; nothing where it is 0."""
    figures = {info.name: (info.num_pending or 0, info.num_ack_pending or 0) for info in found}
    return {name: figure for name, figure in figures.items() if any(figure)}


async def settled(stack: Stack, within: float = SETTLED_SECONDS) -> dict[str, tuple[int, int]]:
    """Return {} once nothing is left in any consumer, else after `within` what is left."""
    left: dict[str, tuple[int, int]] = {"unknown": (0, 0)}
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    async with jetstream(stack) as js:
        while left and loop.time() < deadline:
            try:
                left = owed(await infos(js))
            except NotFoundError:
                left = {"not declared": (0, 0)}
            if left:
                await asyncio.sleep(0.05)
    return left


async def letters_of(stack: Stack, run_id: str) -> list[str]:
    """Return consumer and code of every dead letter that speaks of the run."""
    found = []
    async with jetstream(stack) as js:
        state = (await js.stream_info(DEAD)).state
        for sequence in range(max(1, state.first_seq), state.last_seq + 1):
            letter = await js.get_msg(DEAD, sequence)
            if run_id.encode() in (letter.data or b""):
                code = (letter.headers or {}).get("Techub-Dead-Code")
                found.append(f"{letter.subject}: {code}")
    return found


async def highest_tell(stack: Stack, run_id: str) -> int:
    """Return how often the sweep has told anything of the run again."""
    url = stack.services_environment("api")["DATABASE_URL"]
    newest = select(func.max(OUTBOX.c.tell)).where(OUTBOX.c.run_id == UUID(run_id))
    async with open_sessions(url, pool=1) as sessions, transaction(sessions) as session:
        return int(await session.scalar(newest) or 0)


async def redeliveries(stack: Stack) -> dict[str, float]:
    """Return how many messages each service, as it runs now, has got a second time or more."""
    counts = {}
    async with httpx.AsyncClient(trust_env=False) as http:
        for name, service in stack.services.items():
            await service.until_ready()
            text = (await http.get(f"{service.health_url}/metrics")).text
            lines = re.findall(r"^techub_redeliveries_total\{.*\} (\S+)$", text, re.MULTILINE)
            counts[name] = sum(map(float, lines))
    return counts


async def noticed(stack: Stack, within: float) -> None:
    """Return once a service waits for something of ours, at the latest after `within` seconds."""
    async with httpx.AsyncClient(trust_env=False) as http:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not any([await _waits(http, one) for one in stack.services.values()]):
                    await asyncio.sleep(0.05)


async def _waits(http: httpx.AsyncClient, service: ServiceProcess) -> bool:
    with suppress(httpx.HTTPError):
        text = (await http.get(f"{service.health_url}/metrics")).text
        return re.search(r"^techub_outage_seconds 0\.0$", text, re.MULTILINE) is None
    return False


async def whole_pictures(person: Person, run: Mapping[str, Any], login: str) -> None:
    """Every picture of the run is there, decodes, and is what the run says of it."""
    there = {(picture["variant"], picture["format"]) for picture in run["pictures"]}
    assert {variant for variant, _ in there} == set(SIZES), "a picture is missing"
    async with httpx.AsyncClient(base_url=person.stack.app_host, trust_env=False) as anybody:
        for picture in run["pictures"]:
            answer = await anybody.get(picture["url"])
            assert answer.status_code == httpx.codes.OK, picture
            assert len(answer.content) == picture["bytes"], picture
            with Image.open(io.BytesIO(answer.content)) as image:
                image.load()
                assert image.format == FORMATS[picture["format"]], picture
                assert image.size == _size(picture), picture
    folder = person.stack.objects / "generated" / login
    for path in folder.glob("[!.]*.*"):  # what has a public name; drafts begin with a dot
        with Image.open(path) as image:
            image.load()
            assert image.format == PICTURES[path.suffix], path


def _size(picture: Mapping[str, Any]) -> tuple[int, int]:
    width, height = SIZES[picture["variant"]]
    if picture["format"] == "thumbnail":
        return THUMBNAIL_WIDTH, height * THUMBNAIL_WIDTH // width
    return width, height


def nothing_repeated(
    before: Asked, after: Asked, finished: tuple[str, ...], *, repeats: bool
) -> None:
    """No finished stage asked GitHub again, and nobody asked more often than a stage was begun."""
    for stage in finished:
        again = {what: n for what, n in after.items() if stage in what and n != before.get(what)}
        assert not again, f"finished before the trouble, asked again: {again}"
    most = 2 if repeats else 1
    assert {what: n for what, n in after.items() if n > most} == {}


def rightly_ended(run: Mapping[str, Any], may_lose: Collection[str]) -> None:
    """The run is a success, or partial where its only losses are those it may have."""
    lost = [degradation["stage"] for degradation in run["degradations"]]
    assert run["status"] == ("partial_success" if lost else "success"), run
    assert set(lost) <= set(may_lose), run


async def one_mail(person: Person, run: Mapping[str, Any], login: str) -> None:
    """The owner was told once of a success; of a partial one the operators were, once."""
    owner, ops = [
        [mail for mail in await mails_to(person.stack, address) if login in mail["subject"]]
        for address in (person.address, ALERT_ADDRESS)
    ]
    told, untold = (owner, ops) if run["status"] == "success" else (ops, owner)
    assert len(told) == 1, told
    assert untold == []


async def nothing_left(stack: Stack, run_id: str) -> None:
    """No consumer owes anything, and no dead letter speaks of the run."""
    assert await settled(stack) == {}
    assert await letters_of(stack, run_id) == []
