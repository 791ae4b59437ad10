"""SIGKILL in and between all stages, seeded: the outcome is that of an undisturbed run.

Ten rounds here; a hundred at night. A round begins a run, kills the generator that works on it at
a moment drawn from the length of an undisturbed run, and lets a new one finish.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from techub_common import streams
from techub_common.events import (
    AssetCaptured,
    CardFailed,
    CardGenerated,
    Event,
    PipelineStarted,
    StageRecorded,
    Submitted,
)
from techub_common.storage import FolderStore
from techub_devstack import samples
from techub_devstack.doubles.handle import Double
from techub_generator.stages import AVATAR, PULL, SCRAPE, STAGES, SUBMITTED

LATENCY = 0.06
ACK_WAIT = 1.5  # how soon a message whose worker died is back
PLACES = {
    "/avatars": AVATAR,
    "/my-page": SCRAPE,
    "saltmarsh-collective/reedbed": SUBMITTED,
}
MOMENTS = ("recorded", "read_at", "duration_ms", "fetched_at", "object_key", "answers")


class Generator:
    """The generator as a process that can be killed."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = os.environ | environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "techub_generator", "serve"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, env=self._environment, stdout=quiet, stderr=quiet)

    def kill(self) -> None:
        """End it without its agreement."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


@contextmanager
def killable(environment: dict[str, str]) -> Iterator[Generator]:
    """Give a running generator; whatever runs at the end is ended."""
    generator = Generator(environment)
    generator.start()
    try:
        yield generator
    finally:
        generator.kill()


def slow(double: Double) -> None:
    """Make every answer take its time, so that there is time to die in."""
    page = "<title>Me</title><main>I keep the lamps lit.</main>"
    double.fail(
        200,
        path_contains="/my-page",
        headers={"content-type": "text/html"},
        body=page,
        delay_seconds=LATENCY,
    )
    double.fail(delay_seconds=LATENCY)


def finished(objects: FolderStore, run_id: UUID) -> set[str]:
    """Return the stages whose results lie in the store."""
    return {name for name in STAGES if (objects.root / f"runs/{run_id}/{name}.json").is_file()}


def asked_for(double: Double) -> dict[str, int]:
    """Return how many requests each stage has made."""
    counts = dict.fromkeys((PULL, AVATAR, SCRAPE, SUBMITTED), 0)
    for request, times in double.requests().items():
        stage = next((stage for place, stage in PLACES.items() if place in request), PULL)
        counts[stage] += times
    return counts


async def outcome(road: Any, objects: FolderStore, run_id: UUID) -> dict[str, Any]:
    """Return all a run leaves behind, moments and ids left out."""
    told = await road.told(run_id)
    ends = {one.id: one for one in told if isinstance(one, CardGenerated | CardFailed)}
    avatars = {one.id: one for one in told if isinstance(one, AssetCaptured)}
    [end], [avatar] = ends.values(), avatars.values()
    artifacts = {
        stage: {
            name: value
            for name, value in json.loads(await objects.get(key)).items()
            if name not in MOMENTS
        }
        for stage, key in end.artifacts.items()
    }
    return {
        "end": end.model_dump(exclude={"run_id", "artifacts"}),
        "avatar": avatar.sha256,
        "artifacts": artifacts,
    }


def begin(double: Double) -> dict[str, Any]:
    """Return what a run of this campaign is asked to do."""
    return {
        "submitted": Submitted(
            scrape_url=f"{double.url}/my-page", repositories=("saltmarsh-collective/reedbed",)
        )
    }


async def campaign(
    road: Any, double: Double, objects: FolderStore, environment: dict[str, str], rounds: int
) -> None:
    """Run the rounds, seeded by their numbers."""
    slow(double)
    await streams.declare(road.js, ack_wait=ACK_WAIT)
    with killable(environment | {"ACK_WAIT_SECONDS": str(ACK_WAIT)}) as generator:
        first: PipelineStarted = await road.begin(samples.DEFAULT, **begin(double))
        await road.end_of(first)
        undisturbed = await outcome(road, objects, first.run_id)
        began = time.monotonic()
        second = await road.begin(samples.DEFAULT, **begin(double))
        await road.end_of(second)
        length = time.monotonic() - began
        for number in range(rounds):
            moment = random.Random(number).uniform(0.0, length)
            double.ask("DELETE", "/__control__/requests")
            event = await road.begin(samples.DEFAULT, **begin(double))
            await asyncio.sleep(moment)  # when to die is the point, not something to wait for
            generator.kill()
            done, before = finished(objects, event.run_id), asked_for(double)
            generator.start()
            await road.end_of(event)
            after = asked_for(double)

            assert {stage for stage in done & after.keys() if after[stage] > before[stage]} == set()
            assert await outcome(road, objects, event.run_id) == undisturbed, f"round {number}"
            assert repeated(await road.told(event.run_id)) == [], f"round {number}"


def repeated(told: list[Event]) -> list[str]:
    """Return the stages that began again after they had ended."""
    ended: set[str] = set()
    again = []
    for line in told:
        if isinstance(line, StageRecorded):
            if line.status == "started" and line.stage in ended:
                again.append(f"{line.stage}, attempt {line.attempt}")
            if line.status in ("completed", "degraded", "failed"):
                ended.add(line.stage)
    return again


@pytest.mark.timeout(600)
async def test_killed_in_ten_places(
    empty_road: Any, github_double: Double, objects: FolderStore, environment: dict[str, str]
) -> None:
    """Ten rounds: nothing finished is repeated, nothing is lost."""
    await campaign(empty_road, github_double, objects, environment, 10)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_killed_in_a_hundred_places(
    empty_road: Any, github_double: Double, objects: FolderStore, environment: dict[str, str]
) -> None:
    """A hundred rounds, as at night."""
    await campaign(empty_road, github_double, objects, environment, 100)
