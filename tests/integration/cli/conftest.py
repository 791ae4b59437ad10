"""A stream of its own, an api that answers from the test, and the command as a process."""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg

from techub_common.asks import CANCEL_RUN, RETRY_RUN, RUN_PIPELINE, SHOW_RUN
from techub_common.envelope import seal
from techub_common.events import Event
from techub_common.streams import EVENTS, TOLD_BY, declare
from techub_devstack.servers.nats import NatsServer, nats_server

WITHIN = 40.0


@dataclass
class Road:
    """A broker with the system's streams, and what tests do on it."""

    server: NatsServer
    client: Client

    async def tell(self, *events: Event, tell: int = 0) -> None:
        """Publish events as their services do, each stored when this returns."""
        for event in events:
            teller = next(name for name, kinds in TOLD_BY.items() if type(event) in kinds)
            envelope = seal(event, f"/services/{teller}", tell=tell)
            await self.client.jetstream().publish(
                event.subject, envelope.body(), stream=EVENTS, headers=envelope.headers()
            )


@dataclass
class Api:
    """Plays the api: answers what it was told to, after doing what it was told to do."""

    run: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    canceled: dict[str, Any] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    retried: list[dict[str, Any]] = field(default_factory=list)
    first: Callable[[], Awaitable[object]] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, question: Msg) -> None:
        """Answer `ask.api.…`; `runs` says how other runs than the shown one stand."""
        asked = json.loads(question.data)
        self.asked.append(asked)
        if question.subject == RUN_PIPELINE and self.first:
            await self.first()
        if question.subject == RETRY_RUN:
            self.retried.append(asked)
        answer = {"ok": True} | {
            RUN_PIPELINE: self.run,
            RETRY_RUN: self.run,
            CANCEL_RUN: self.canceled,
            SHOW_RUN: self.shown or self._standing(asked),
        }[question.subject]
        await question.respond(json.dumps(answer).encode())

    def _standing(self, asked: dict[str, Any]) -> dict[str, Any]:
        status = self.runs.get(str(asked.get("login_or_run")))
        missing = {"ok": False, "code": "run_missing", "error": "there is no such run"}
        return {"status": status} if status else missing


@dataclass
class Command:
    """A running `techub`."""

    process: asyncio.subprocess.Process

    async def line(self) -> str:
        """Return the next line of its output."""
        assert self.process.stdout
        return (await asyncio.wait_for(self.process.stdout.readline(), WITHIN)).decode()

    async def notice(self) -> str:
        """Return the next line of what it says beside its output."""
        assert self.process.stderr
        return (await asyncio.wait_for(self.process.stderr.readline(), WITHIN)).decode()

    async def ended(self) -> tuple[int, str, str]:
        """Return exit code, the rest of its output and its complaints, once it has ended."""
        out, err = await asyncio.wait_for(self.process.communicate(), WITHIN)
        return self.process.returncode or 0, out.decode(), err.decode()

    async def interrupted(self) -> tuple[int, str, str]:
        """Press Ctrl-C and return what came of it."""
        self.process.send_signal(signal.SIGINT)
        return await self.ended()


@asynccontextmanager
async def road_on(server: NatsServer) -> AsyncIterator[Road]:
    """Give a road whose connection outlives its server."""

    async def quiet(_: Exception) -> None:
        return

    client = await nats.connect(
        server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.05, error_cb=quiet
    )
    try:
        await declare(client.jetstream(), ack_wait=15)
        yield Road(server, client)
    finally:
        await client.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def road(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Road]:
    """Give a road of this module's own: its stream is only as full as its tests made it."""
    async with nats_server(tmp_path_factory.mktemp("nats")) as server, road_on(server) as road:
        yield road


@pytest_asyncio.fixture(loop_scope="session")
async def fragile_road(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Road]:
    """Give a road whose server may be killed.

    nats-py leaves the streams of lost connections unclosed: they are collected here, where the
    tests' mark about them still holds.
    """
    async with nats_server(tmp_path_factory.mktemp("nats")) as server, road_on(server) as road:
        yield road
    gc.collect()


@pytest_asyncio.fixture(loop_scope="session")
async def api(road: Road) -> AsyncIterator[Api]:
    """Give an api that hears questions on the road."""
    api = Api()
    subscriptions = [
        await road.client.subscribe(subject, cb=api.answer)
        for subject in (RUN_PIPELINE, SHOW_RUN, CANCEL_RUN, RETRY_RUN)
    ]
    await road.client.flush()
    yield api
    for subscription in subscriptions:
        await subscription.unsubscribe()


@pytest_asyncio.fixture(loop_scope="session")
async def techub() -> AsyncIterator[Callable[..., Awaitable[Command]]]:
    """Give a way to start `techub` against a server."""
    async with AsyncExitStack() as started:

        async def start(url: str | None, *arguments: str) -> Command:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("NATS_")}
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "techub_cli",
                *arguments,
                env=environment | ({"NATS_URL": url} if url else {}),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            started.push_async_callback(_gone, process)
            return Command(process)

        yield start


async def _gone(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
