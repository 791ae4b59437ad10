"""One system for all cases of a test process; it is made whole again between them."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest
from nats.errors import Error as NatsError

from techub_common.asks import CANCEL_RUN, CancelRequest
from techub_devstack.servers import chromium, seaweedfs
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted, running_stack
from tests.e2e.conftest import Person, introduced
from tests.faults.checks import SIZES, settled

SETTINGS = {
    "ACK_WAIT_SECONDS": "3",
    "SWEEP_SECONDS": "1",
    "CAPTURE_VARIANTS": ",".join(SIZES),
}


@pytest.fixture(scope="package")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of GitHub's answers; accounts are added while the system runs."""
    folder = tmp_path_factory.mktemp("github")
    (folder / "avatars").mkdir()
    return folder


@pytest.fixture(scope="package")
async def stack(answers: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Give the running system, its objects in a folder."""
    async with running_stack(wanted(tmp_path_factory, answers), lambda *_: None) as running:
        yield running


@pytest.fixture(scope="package")
async def bucket_stack(
    answers: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    """Give the running system, its objects in a bucket."""
    try:
        seaweedfs.binary()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    in_bucket = wanted(tmp_path_factory, answers, store="s3")
    async with running_stack(in_bucket, lambda *_: None) as running:
        yield running


def wanted(tmp_path_factory: pytest.TempPathFactory, answers: Path, **changed: object) -> Wanted:
    """Return what a system for these tests is like; skip where there is no Chromium."""
    if chromium.find() is None:
        pytest.skip("no Chromium on this machine; `make setup` installs one")
    var = tmp_path_factory.mktemp("stack")
    var.chmod(0o755)
    [port] = free_ports(1)
    return Wanted(
        var=var,
        samples_dir=answers,
        fsync=False,
        http_port=port,
        environment=SETTINGS,
        **changed,  # type: ignore[arg-type]
    )


@pytest.fixture
async def person(stack: Stack) -> AsyncIterator[Person]:
    """Give a new person, and a system that is whole again afterwards."""
    async with introduced(stack) as somebody:
        yield somebody
        await heal(stack, somebody)


@pytest.fixture
async def bucket_person(bucket_stack: Stack) -> AsyncIterator[Person]:
    """Give a new person of the system with a bucket, which is whole again afterwards."""
    async with introduced(bucket_stack) as somebody:
        yield somebody
        await heal(bucket_stack, somebody)


async def heal(stack: Stack, person: Person) -> None:
    """Make the system whole and idle, whatever a case has left: one failure is one failure."""
    for double in (stack.github, stack.resend, stack.gemini):
        double.mend()
    await stack.nats.start()
    await stack.postgres.start()
    if stack.seaweedfs is not None:
        await stack.seaweedfs.start()
    for service in stack.services.values():
        service.send(signal.SIGCONT)
        if not service.wanted:
            service.start()
    await asyncio.gather(*(service.until_ready() for service in stack.services.values()))
    if await settled(stack):
        await _given_up(stack, person.runs)
        await stack.nats.wipe()
        await stack.nats.start()
        await settled(stack)


async def _given_up(stack: Stack, runs: list[str]) -> None:
    """Cancel what is still open, so that the sweep tells nothing of it again."""
    connection = await nats.connect(stack.nats.url)
    try:
        for run_id in runs:
            request = CancelRequest(login_or_run=run_id).model_dump_json().encode()
            try:
                await connection.request(CANCEL_RUN, request, timeout=5)
            except NatsError:
                continue
    finally:
        await connection.close()
