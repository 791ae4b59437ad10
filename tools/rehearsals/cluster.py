"""Three NATS servers: each one is killed, and each leader, while people submit logins."""

import asyncio
import time
from pathlib import Path
from typing import Final

from rehearsals.load import Load, crowd, eventually, jetstream, say, someone, under_load

from techub_common.streams import EVENTS
from techub_devstack.servers.nats import meta_leader
from techub_devstack.stack import Stack, Wanted, running_stack

TARGET_SECONDS: Final = 10
CATCH_UP_SECONDS: Final = 60.0


async def rehearse(directory: Path, rounds: int, people: int) -> list[str]:
    """Return the figures as rows of Markdown."""
    wanted = Wanted(
        var=directory / "var",
        samples_dir=directory / "samples",
        guarded=True,
        nats_nodes=3,
        environment={"PROFILE_OWNERSHIP_CAP": "100000"},
    )
    logins = crowd(directory / "samples", 200)
    waits: dict[str, list[float]] = {}
    async with running_stack(wanted, say) as stack:
        load = await someone(stack, logins)
        async with under_load(load, people):
            for number in range(rounds):
                for whom in ("the stream's leader", "JetStream's leader", "any follower"):
                    waits.setdefault(whom, []).append(await _kill(stack, load, whom, number))
    print(f"errors: {load.errors[:5]}; lost: {load.lost[:5]}; waits: {waits}", flush=True)
    rows = [
        "| killed | times | consuming again after, median · worst | target |",
        "|---|---:|---:|---:|",
    ]
    for whom, seconds in waits.items():
        middle = sorted(seconds)[len(seconds) // 2]
        rows.append(
            f"| {whom} | {len(seconds)} | {middle:.1f} s · {max(seconds):.1f} s "
            f"| {TARGET_SECONDS} s |"
        )
    rows.append(
        f"| runs submitted meanwhile · lost | {len(load.runs)} | {len(load.lost)} | 0 lost |"
    )
    return rows


async def _kill(stack: Stack, load: Load, whom: str, number: int) -> float:
    """Kill a server and return after how many seconds something told afterwards was handled."""
    async with jetstream(stack) as js:
        info = await js.stream_info(EVENTS)
        leader = info.cluster.leader if info.cluster else None
    names = [f"n{index}" for index in range(1, len(stack.nats_nodes) + 1)]
    chosen = {
        "the stream's leader": leader,
        "JetStream's leader": meta_leader(stack.nats_nodes),
        "any follower": [name for name in names if name != leader][number % 2],
    }[whom]
    server = stack.nats_nodes[names.index(str(chosen))]
    began = time.monotonic()
    await server.kill()
    run_id = None
    while run_id is None:
        run_id = await load.submit()
    ended = asyncio.create_task(load.ended(run_id))
    await eventually(lambda: _under_way(load, run_id), TARGET_SECONDS * 6)
    waited = time.monotonic() - began
    await server.start()
    await eventually(lambda: _caught_up(stack), CATCH_UP_SECONDS)
    await ended
    print(f"{whom} ({chosen}): {waited:.1f} s", flush=True)
    return waited


async def _under_way(load: Load, run_id: str) -> bool:
    """Return whether the generator has told anything of the run, and the ledger heard it."""
    run = await load.ask("GET", f"/api/v1/runs/{run_id}")
    return bool(run and [step for step in run["steps"] if step["status"] != "waiting"])


async def _caught_up(stack: Stack) -> bool:
    async with jetstream(stack) as js:
        cluster = (await js.stream_info(EVENTS)).cluster
    return bool(cluster and cluster.replicas and all(peer.current for peer in cluster.replicas))
