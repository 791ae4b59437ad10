"""SIGKILL of any service at any moment: the run ends in success, the owner is told once."""

import asyncio
import json
import random

import pytest

from techub_devstack import samples
from techub_devstack.follow_run import lines_of
from techub_devstack.services import NAMES
from tests.e2e.conftest import Person, ready_mails

STEPS_BEFORE = (0, 2, 5, 9)


@pytest.mark.parametrize("service", NAMES)
async def test_killed_in_the_middle_of_a_run(person: Person, service: str) -> None:
    """The message comes back, finished stages are not repeated, one mail goes out."""
    lines_first = random.Random(service).choice(STEPS_BEFORE)
    login = samples.ELIGIBLE[NAMES.index(service)]
    calls_before = person.stack.github.requests(path_contains=f"/users/{login}/repos")
    accepted = await person.submit(login)

    async for line in lines_of(person.http, accepted["events_url"]):
        lines_first -= 1
        if lines_first <= 0 or line.kind == "ended":
            break
    await person.stack.services[service].kill()
    run = await person.until_told(accepted["run_id"], within=90)

    assert run["status"] == "success", json.dumps(run, indent=1)
    assert len(await ready_mails(person.stack, login)) == 1
    if service != "generator":
        calls = person.stack.github.requests(path_contains=f"/users/{login}/repos")
        assert sum(calls.values()) - sum(calls_before.values()) <= 1


async def test_every_service_stops_cleanly(person: Person) -> None:
    """SIGTERM while a run is going on: each service ends with 0 and the run is finished."""
    accepted = await person.submit(samples.POPULAR)
    codes = {}
    for name, service in person.stack.services.items():
        codes[name] = await asyncio.wait_for(service.stop(), 60)
        service.start()
        await service.until_ready()
    run = await person.until_told(accepted["run_id"], within=90)

    assert codes == dict.fromkeys(NAMES, 0)
    assert run["status"] == "success"
