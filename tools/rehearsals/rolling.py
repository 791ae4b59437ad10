"""Every service is rolled over and over, two replicas each, while people submit logins."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rehearsals.load import Load, crowd, deliveries, jetstream, say, someone, under_load

from techub_devstack.services import NAMES, ServiceProcess
from techub_devstack.stack import Wanted, running_stack

PRE_STOP_SECONDS: Final = 1.5
KILLED: Final = -9


@dataclass(slots=True)
class Restarts:
    """What the restarts were like."""

    count: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    slowest: float = 0.0


async def rehearse(directory: Path, rounds: int, people: int) -> list[str]:
    """Return the figures as rows of Markdown."""
    logins = crowd(directory / "samples", 400)
    wanted = Wanted(
        var=directory / "var",
        samples_dir=directory / "samples",
        replicas=dict.fromkeys(NAMES, 2),
        guarded=True,
        environment={"PROFILE_OWNERSHIP_CAP": "100000"},
    )
    async with running_stack(wanted, say) as stack, jetstream(stack) as js:
        load = await someone(stack, logins)
        restarts = Restarts()
        started = time.monotonic()
        async with under_load(load, people):
            await asyncio.gather(
                *(_roll(load, stack.replicas_of(name), rounds, restarts) for name in NAMES)
            )
        minutes = (time.monotonic() - started) / 60
        handed = await deliveries(js)
    again = {name: times - told for name, (times, told) in handed.items()}
    print(f"errors: {load.errors[:5]}; lost: {load.lost[:5]}; deliveries: {handed}", flush=True)
    codes = ", ".join(f"{code} ({count})" for code, count in sorted(restarts.codes.items()))
    delivered = sum(times for times, _ in handed.values())
    rows = (
        (
            "services, replicas, rounds",
            f"{len(NAMES)}, 2, {rounds} in {minutes:.0f} min",
            "30 rounds",
        ),
        ("exit codes; slowest end", f"{codes}; {restarts.slowest:.1f} s", "0; below 25 s"),
        ("runs submitted meanwhile; lost", f"{len(load.runs)}; {len(load.lost)}", "0 lost"),
        ("deliveries; redeliveries", f"{delivered}; {sum(again.values())}", "0 redeliveries"),
        ("HTTP requests; errors", f"{load.requests}; {len(load.errors)}", "0 errors"),
    )
    return [
        "| | measured | target |",
        "|---|---:|---:|",
        *(f"| {what} | {measured} | {target} |" for what, measured, target in rows),
    ]


async def _roll(
    load: Load, replicas: list[ServiceProcess], rounds: int, restarts: Restarts
) -> None:
    for number in range(rounds):
        for replica in replicas:
            if replica.service == "api":
                # Kubernetes takes the endpoint away while preStop lets requests still come in.
                load.endpoints.remove(replica.http_url)
                await asyncio.sleep(PRE_STOP_SECONDS)
            began = time.monotonic()
            code = await replica.stop()
            restarts.slowest = max(restarts.slowest, time.monotonic() - began)
            restarts.count += 1
            restarts.codes[code] = restarts.codes.get(code, 0) + 1
            replica.start()
            await replica.until_ready()
            if replica.service == "api":
                load.endpoints.append(replica.http_url)
        print(f"{replicas[0].service}: round {number + 1}, {len(load.runs)} runs", flush=True)
