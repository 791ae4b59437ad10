"""Killed at every named point, over and over: everybody is told, and nobody twice."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, update

from techub_common import streams
from techub_common.database import transaction
from techub_common.events import Ended
from techub_notifier.tables import DELIVERIES

from .conftest import Stage, eventually
from .crashing import POINTS

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def crasher(stage: Stage) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the parent of the notifiers that kill themselves."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.notifier.crashing"),
        env=stage.environment | {"PATH": os.defpath},
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def killed_at(process: asyncio.subprocess.Process, point: str) -> None:
    """Start a notifier that dies at the point, and return once SIGKILL has ended it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{point}\n".encode())
    await process.stdin.drain()
    async with asyncio.timeout(60):
        while not (line := (await process.stdout.readline()).strip()).isdigit():
            assert line, "the parent died"
    assert int(line) == signal.SIGKILL, point


async def expire_leases(stage: Stage) -> None:
    """Let twenty seconds pass for the leases of the dead."""
    async with transaction(stage.sessions) as session:
        await session.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.lease_token.is_not(None))
            .values(leased_until=func.now() - timedelta(seconds=1), due_at=func.now())
        )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rounds", [20, pytest.param(100, marks=pytest.mark.slow)])
async def test_killed_at_every_point(
    stage: Stage, ended: Callable[..., Ended], rounds: int
) -> None:
    """So many notifiers are killed, one per round; every owner has one mail in the end.

    An end that was in dying hands ten times is not delivered any more: it is told again, as the
    sweep would.
    """
    points = list(POINTS)
    runs = []
    async with crasher(stage) as process:
        for number in range(rounds):
            run = ended("completed", login=f"person-{number}")
            runs.append(run)
            await stage.owners(run.profile_id, {"address": f"p{number}@example.com"})
            await stage.tell(run)
            await killed_at(process, points[number % len(points)])
            await expire_leases(stage)

    async with stage.notifier():

        async def settled() -> bool:
            info = await stage.js.consumer_info(streams.EVENTS, streams.NOTIFIER.name)
            return not info.num_pending and not info.num_ack_pending

        async def over() -> bool:
            await expire_leases(stage)
            states = Counter(row.state for row in await stage.rows())
            return states == {"delivered": rounds}

        await eventually(settled, within=120, what="all heard")
        heard = {row.run_id for row in await stage.rows()}
        for run in runs:
            if run.run_id not in heard:
                await stage.tell(run, tell=1)
        await eventually(over, within=120, what="all delivered")

    told = Counter(mail["to"][0] for mail in stage.resend.mails())
    assert told == {f"p{number}@example.com": 1 for number in range(rounds)}
    for run in runs:
        assert len({told.id for told in await stage.recorded(run.run_id)}) == 1
