"""A generator may die at any moment: no finished stage is repeated, the outcome is the same."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from techub_common.delivery import Road
from techub_common.events import AssetCaptured, CardGenerated
from techub_common.storage import FolderStore
from techub_common.streams import EVENTS, GENERATOR
from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from techub_generator.outbound import Outbound
from techub_generator.patient_store import PatientStore
from techub_generator.settings import Settings
from techub_generator.stages import AVATAR, DESCRIPTION, PULL, SCRAPE, STAGES, SUBMITTED
from tests.integration.generator.crashing import (
    Attempt,
    Crash,
    CrashingStore,
    FullStore,
    Told,
    handling,
)

TELLS = 12
PUTS = 5


@pytest.fixture
async def attempt(settings: Settings, outbound: Outbound) -> AsyncIterator[Attempt]:
    """Handle a run once, with a store and a teller of one's own."""
    async with handling(settings, outbound) as attempt:
        yield attempt


@pytest.fixture(scope="module")
def outbound(running_github_double: Double) -> Outbound:
    """Give a door that is open to the double."""
    return Outbound(frozenset({running_github_double.url.removeprefix("http://")}))


def _finished(store: FolderStore, run_id: object) -> set[str]:
    return {name for name in STAGES if (store.root / f"runs/{run_id}/{name}.json").is_file()}


def _asked(double: Double) -> Counter[str]:
    stages: Counter[str] = Counter()
    for request, times in double.requests().items():
        stage = AVATAR if "/avatars" in request else PULL
        stages[stage] = max(stages[stage], times)
    return stages


@pytest.mark.parametrize(
    "place", [f"tell {n}" for n in range(TELLS)] + [f"put {n}" for n in range(PUTS)]
)
async def test_crash_anywhere(
    attempt: Attempt, objects: FolderStore, github_double: Double, started: Any, place: str
) -> None:
    """Wherever it dies, the next attempt resumes at the first unfinished stage."""
    kind, number = place.split()
    event = started(samples.DEFAULT)
    first = Told(int(number) if kind == "tell" else -1)
    store = CrashingStore(objects, int(number)) if kind == "put" else objects
    with pytest.raises(Crash):
        await attempt(store, first, event, 1)
    finished = _finished(objects, event.run_id)
    before = _asked(github_double)
    second = Told()
    await attempt(objects, second, event, 2)
    after = _asked(github_double)

    assert all(after[stage] == before[stage] for stage in finished & {PULL, AVATAR})
    assert isinstance(second[-1], CardGenerated)
    facts = {one.id: one for one in [*first, *second] if isinstance(one, AssetCaptured)}
    assert len(facts) == 1
    card, undisturbed = second[-1], await _undisturbed(attempt, objects, started)
    assert card.traits == undisturbed.traits
    assert card.avatar is undisturbed.avatar
    assert card.artifacts.keys() == undisturbed.artifacts.keys()


async def _undisturbed(attempt: Attempt, objects: FolderStore, started: Any) -> CardGenerated:
    told = Told()
    await attempt(objects, told, started(samples.DEFAULT), 1)
    assert isinstance(told[-1], CardGenerated)
    return told[-1]


async def test_a_store_that_takes_nothing(
    attempt: Attempt, objects: FolderStore, github_double: Double, started: Any
) -> None:
    """While our store is full the run waits in place, and GitHub is asked once all the same."""
    event, told = started(samples.DEFAULT), Told()
    store = PatientStore(FullStore(objects, 3))

    await Road().until_back(lambda: attempt(store, told, event, 1))

    assert isinstance(told[-1], CardGenerated)
    assert set(github_double.requests().values()) == {1}
    assert _finished(objects, event.run_id) == set(STAGES) - {DESCRIPTION, SUBMITTED, SCRAPE}


async def test_killed_process(
    empty_road: Any, github_double: Double, environment: dict[str, str], until: Any
) -> None:
    """A process killed while it waits for the avatar leaves GitHub's data to its successor."""
    github_double.fail(path_contains="/avatars", delay_seconds=4, times=1)
    event = await empty_road.begin(samples.DEFAULT)
    command = [sys.executable, "-m", "techub_generator", "serve"]
    with subprocess.Popen(command, env=os.environ | environment) as first:  # noqa: ASYNC220
        try:
            await until(lambda: bool(github_double.requests(path_contains="/avatars")))
        finally:
            first.kill()
    with subprocess.Popen(command, env=os.environ | environment) as second:  # noqa: ASYNC220
        try:
            card = await empty_road.end_of(event)
        finally:
            second.send_signal(signal.SIGTERM)
        code = second.wait(20)  # noqa: ASYNC221, RUF100

    assert isinstance(card, CardGenerated)
    assert code == 0
    assert card.degradations == ()
    assert set(github_double.requests(path_contains="/users").values()) == {1}


async def test_after_the_card_was_told_before_its_acknowledgement(
    attempt: Attempt, empty_road: Any, objects: FolderStore, github_double: Double
) -> None:
    """The message comes back, nothing is asked again, and the card told again is dropped."""
    event = await empty_road.begin(samples.DEFAULT)
    subscription = await empty_road.js.pull_subscribe_bind(GENERATOR.name, EVENTS)
    [first] = await subscription.fetch(1, timeout=5)
    await attempt(objects, empty_road.tell, event, first.metadata.num_delivered)
    await first.nak()  # what `ack_wait` does to a message whose worker is gone
    asked = github_double.requests()
    told = await empty_road.told(event.run_id)

    [second] = await subscription.fetch(1, timeout=5)
    await attempt(objects, empty_road.tell, event, second.metadata.num_delivered)
    await second.ack_sync()
    await subscription.unsubscribe()

    assert second.metadata.num_delivered == 2
    assert isinstance(told[-1], CardGenerated)
    assert await empty_road.told(event.run_id) == told
    assert github_double.requests() == asked


async def test_two_generators_on_one_message(
    attempt: Attempt,
    empty_road: Any,
    objects: FolderStore,
    github_double: Double,
    started: Any,
) -> None:
    """Both come to the same facts, each of which is on the road once; a third repeats nothing."""
    github_double.fail(path_contains="/avatars", delay_seconds=0.2, times=1)
    event = await empty_road.begin(samples.DEFAULT)

    await asyncio.gather(*(attempt(objects, empty_road.tell, event, n) for n in (1, 2)))
    asked = github_double.requests()
    assert max(asked.values()) <= 2
    await attempt(objects, empty_road.tell, event, 3)

    assert github_double.requests() == asked
    told = await empty_road.told(event.run_id)
    assert len({one.id for one in told}) == len(told)
    kinds = Counter(type(one) for one in told)
    assert (kinds[CardGenerated], kinds[AssetCaptured]) == (1, 1)
    [card] = [one for one in told if isinstance(one, CardGenerated)]
    assert card.traits == (await _undisturbed(attempt, objects, started)).traits
