"""A generator on a real road, in front of GitHub's double."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from nats.js import JetStreamContext

from techub_common.broker import Teller
from techub_common.envelope import unseal
from techub_common.events import CardFailed, CardGenerated, Event, PipelineStarted, Trigger
from techub_common.runtime import opened
from techub_common.settings import AppEnv
from techub_common.storage import FolderStore
from techub_common.streams import EVENTS
from techub_devstack.doubles.handle import Double
from techub_generator.service import opener
from techub_generator.settings import Settings

PATIENCE = 2.0
DEADLINE = 90.0


def started(login: str, **asked: Any) -> PipelineStarted:
    """Return a run that begins."""
    plain = {"run_id": uuid4(), "profile_id": uuid4(), "trigger": Trigger.submit}
    return PipelineStarted(login=login, **{**plain, **asked})


@dataclass(frozen=True, slots=True)
class Road:
    """What a test does with the road: begin a run, and read what was told about it."""

    js: JetStreamContext
    tell: Teller
    objects: FolderStore

    async def begin(self, login: str, **asked: Any) -> PipelineStarted:
        """Tell that a run begins."""
        event = started(login, **asked)
        await self.tell(event)
        return event

    async def told(self, run_id: UUID) -> list[Event]:
        """Return everything told about the run so far."""
        last = (await self.js.stream_info(EVENTS)).state.last_seq
        messages = [await self.js.get_msg(EVENTS, seq=seq) for seq in range(1, last + 1)]
        events = [unseal(one.data or b"", one.headers).event for one in messages]
        return [one for one in events if one.run_id == run_id]

    async def end_of(self, event: PipelineStarted) -> CardGenerated | CardFailed:
        """Return how the run ended for the generator."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            for one in await self.told(event.run_id):
                if isinstance(one, CardGenerated | CardFailed):
                    return one
            await asyncio.sleep(0.02)
        message = "the run did not end in time"
        raise AssertionError(message)

    async def card(self, login: str, **asked: Any) -> CardGenerated:
        """Run the login and return its card."""
        end = await self.end_of(await self.begin(login, **asked))
        assert isinstance(end, CardGenerated), end
        return end

    async def failure(self, login: str, **asked: Any) -> CardFailed:
        """Run the login and return why there is no card."""
        end = await self.end_of(await self.begin(login, **asked))
        assert isinstance(end, CardFailed), end
        return end


def service_account(token_uri: str) -> dict[str, str]:
    """Return a service account whose tokens the double gives out."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": "demo",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": "cards@demo.iam.gserviceaccount.com",
        "token_uri": token_uri,
    }


@pytest.fixture
def account(tmp_path: Path, gemini_double: Double) -> Path:
    """Give the file of a service account."""
    path = tmp_path.with_name(f"{tmp_path.name}-account.json")
    path.write_text(json.dumps(service_account(f"{gemini_double.url}/token")))
    return path


@pytest.fixture
def objects(tmp_path: Path) -> FolderStore:
    """Give an empty object store."""
    return FolderStore(tmp_path)


@pytest.fixture
def settings(nats_url: str, github_double: Double, objects: FolderStore) -> Settings:
    """Give the settings of a generator in front of the double."""
    return Settings(
        app_env=AppEnv.test,
        nats_url=nats_url,
        storage_url=objects.root.as_uri(),
        github_api_url=github_double.url,
        github_token="ghp_test",
        outbound_allow=github_double.url.removeprefix("http://"),
        ack_wait_seconds=3.0,
    )


@pytest.fixture
async def road(
    js: JetStreamContext, settings: Settings, objects: FolderStore
) -> AsyncIterator[Road]:
    """Give a road on which one generator works."""
    async with opened(settings) as service, opener(settings, PATIENCE)(service):
        listening = [asyncio.create_task(one.run()) for one in service.listeners]
        yield Road(js, Teller(service.broker, "/services/api"), objects)
        await asyncio.gather(*(one.stop(0) for one in service.listeners))
        await asyncio.gather(*listening, return_exceptions=True)


@pytest.fixture
async def empty_road(
    js: JetStreamContext, settings: Settings, objects: FolderStore
) -> AsyncIterator[Road]:
    """Give a road on which nobody works yet."""
    async with opened(settings) as service:
        yield Road(js, Teller(service.broker, "/services/api"), objects)


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """Give what a generator process reads."""
    return {
        "APP_ENV": str(settings.app_env),
        "NATS_URL": settings.nats_url,
        "STORAGE_URL": settings.storage_url,
        "GITHUB_API_URL": settings.github_api_url,
        "GITHUB_TOKEN": "ghp_test",
        "OUTBOUND_ALLOW": settings.outbound_allow,
        "ACK_WAIT_SECONDS": str(settings.ack_wait_seconds),
        "HEALTH_PORT": "0",
    }


Until = Callable[[Callable[[], bool]], Any]


@pytest.fixture
def until() -> Until:
    """Wait for something to become true."""

    async def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not await asyncio.to_thread(holds):
            assert time.monotonic() < deadline, "it never became true"
            await asyncio.sleep(0.02)

    return wait


@pytest.fixture(name="started")
def start() -> Callable[..., PipelineStarted]:
    """Make runs that begin."""
    return started
