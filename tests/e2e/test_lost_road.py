"""The broker dies, pauses or loses everything in the middle of a run: the card still comes."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from techub_devstack import samples
from techub_devstack.follow_run import lines_of
from techub_devstack.stack import Stack
from tests.e2e.conftest import Person, ready_mails


async def restarted(stack: Stack) -> None:
    """SIGKILL, and back at once."""
    await stack.nats.kill()
    await stack.nats.start()


async def down_for_a_while(stack: Stack) -> None:
    """Away for five seconds."""
    await stack.nats.kill()
    await asyncio.sleep(5)
    await stack.nats.start()


async def wiped(stack: Stack) -> None:
    """Everything the stream held is gone."""
    await stack.nats.kill()
    await stack.nats.wipe()
    await stack.nats.start()


async def database_restarted(stack: Stack) -> None:
    """Postgres is killed and started again."""
    await stack.postgres.kill()
    await stack.postgres.start()


@pytest.mark.parametrize(
    ("trouble", "login"),
    [
        (restarted, samples.TINY),
        (down_for_a_while, samples.UNICODE),
        (wiped, samples.POPULAR),
        (database_restarted, samples.DEFAULT),
    ],
)
async def test_trouble_in_the_middle(
    person: Person, trouble: Callable[[Stack], Awaitable[None]], login: str
) -> None:
    """The run ends in success and its owner is told once."""
    accepted = await person.submit(login)
    lines = 0
    async for line in lines_of(person.http, accepted["events_url"]):
        lines += 1
        if lines == 4 or line.kind == "ended":
            break
    await trouble(person.stack)

    run = await person.until_told(accepted["run_id"], within=110)

    assert run["status"] == "success", run
    assert len(await ready_mails(person.stack, login)) == 1


@pytest.mark.parametrize("trouble", [restarted, wiped])
async def test_everybody_hears_again(
    person: Person, trouble: Callable[[Stack], Awaitable[None]]
) -> None:
    """A run submitted after the broker came back needs every listener, and ends as ever."""
    await trouble(person.stack)
    before = {name: service.starts for name, service in person.stack.services.items()}

    run = await person.finished(samples.TINY, within=110)

    assert run["status"] == "success", run
    assert run["notified"]
    assert {name: service.starts for name, service in person.stack.services.items()} == before
