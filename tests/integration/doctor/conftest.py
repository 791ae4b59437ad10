"""A service in this process that is asked how it is, as `techub doctor` asks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import nats
import pytest
from nats.aio.client import Client
from nats.errors import NoRespondersError

from techub_common.asks import EXAMINE, DoctorRequest
from techub_common.doctor import Finding
from techub_common.doctor.rounds import Depth, ask_everybody
from techub_common.runtime import OpenService, Service, opened
from techub_common.settings import CommonSettings

Findings = dict[str, Finding]
Ask = Callable[..., Awaitable[Findings]]
Answering = Callable[[CommonSettings, OpenService], AbstractAsyncContextManager[Service]]


@pytest.fixture
async def operator(nats_url: str) -> AsyncIterator[Client]:
    """Give an operator's connection."""
    client = await nats.connect(nats_url)
    yield client
    await client.close()


@pytest.fixture
def ask(operator: Client) -> Ask:
    """Give a question to the only replica of a service, and its findings by name."""

    async def asked(service: str, depth: Depth = "usual") -> Findings:
        [report] = await ask_everybody(operator, [service], depth=depth, expected={service: 1})
        return {finding.name: finding for finding in report.findings}

    return asked


@asynccontextmanager
async def answering(settings: CommonSettings, open_service: OpenService) -> AsyncIterator[Service]:
    """Open a service without letting it hear or loop: it answers questions."""
    async with opened(settings) as service, open_service(service):
        await heard(service)
        yield service


async def heard(service: Service) -> None:
    """Return once the server knows that the service answers.

    A flush does not say so: nats-py writes its PING at once, past the SUB that still waits.
    """
    subject = EXAMINE[service.settings.service]
    present = DoctorRequest(depth="present").model_dump_json().encode()
    async with asyncio.timeout(20):
        while True:
            try:
                await service.client.request(subject, present, timeout=10)
            except NoRespondersError:
                await asyncio.sleep(0.01)
            else:
                return


def bad(found: Findings) -> dict[str, tuple[str, str]]:
    """Return what is not as it should be: state and what was seen."""
    return {name: (one.state.value, one.seen) for name, one in found.items() if one.state != "ok"}
