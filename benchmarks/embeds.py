"""Pictures in READMEs, submissions and open event streams, as the gateway answers them.

`python benchmarks/embeds.py [--seconds 10] [--readers 16]` prints Markdown. Locust asks from a
process of its own, on the same machine: what it uses is shown beside what the api uses. The
reference is `/up`, asked in the same way right before: what HTTP alone costs here.
"""

import argparse
import asyncio
import csv
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
from crowds import client, submit, tokens
from people import crowd
from processes import look, pids_of

from techub_devstack.follow_run import lines_of
from techub_devstack.servers.ports import free_ports
from techub_devstack.stack import Stack, Wanted, running_stack

HERE = Path(__file__).parent
STREAMS = 200
SUBMISSIONS = 60
MEGABYTE = 1024 * 1024
TARGETS = {"pictures": "≥ 500", "unchanged (304)": "faster", "/up, the reference": ""}


@dataclass(frozen=True, slots=True)
class Asked:
    """What Locust says of one phase; latencies in milliseconds."""

    name: str
    rate: float
    p50: float
    p99: float
    failures: int
    api_cores: float
    locust_cores: float


async def ask(
    stack: Stack, name: str, path: str, held: str, options: argparse.Namespace, folder: Path
) -> Asked:
    """Let Locust ask for a path as fast as it is answered; return what came of it."""
    command = [
        *(sys.executable, "-m", "locust", "-f", str(HERE / "asking.py"), "--headless"),
        *("--host", stack.app_host, "-u", str(options.readers), "-r", str(options.readers)),
        *("-t", f"{options.seconds}s", "--csv", str(folder / "said"), "--reset-stats"),
        *("--only-summary", "--loglevel", "ERROR"),
    ]
    pids = pids_of(stack, "api")
    before = look(pids)
    environment = os.environ | {"PICTURE": path, "HELD": held}
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=nothing, stderr=nothing
    )
    watched = psutil.Process(process.pid)
    used, started = 0.0, time.perf_counter()
    while process.returncode is None:
        try:
            times = watched.cpu_times()
            used = times.user + times.system
        except psutil.NoSuchProcess:
            break
        await asyncio.sleep(0.5)
    await process.wait()
    cores = look(pids).since(before)
    with (folder / "said_stats.csv").open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["Name"] == "look")
    return Asked(
        name,
        float(row["Requests/s"]),
        float(row["50%"]),
        float(row["99%"]),
        int(row["Failure Count"]),
        cores["api"],
        used / (time.perf_counter() - started),
    )


async def deal(http: httpx.AsyncClient, token: str, login: str) -> list[float]:
    """Have a card made; return how many milliseconds after it happened each step was shown."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = await http.post("/api/v1/profiles", json={"login": login}, headers=headers)
    answer.raise_for_status()
    late = []
    async for line in lines_of(http, answer.json()["events_url"]):
        shown = datetime.now(UTC) - datetime.fromisoformat(line.data["at"])
        late.append(shown.total_seconds() * 1000)
    return late[2:]  # what had happened before anybody looked says nothing


async def submissions(http: httpx.AsyncClient, who: list[str]) -> list[float]:
    """Return the milliseconds each of many submissions took, one after another."""
    took = []
    for number in range(SUBMISSIONS):
        started = time.perf_counter()
        status = await submit(http, who[number % len(who)], f"nobody-{number}")
        if status != httpx.codes.ACCEPTED:
            message = f"a submission was answered {status}"
            raise RuntimeError(message)
        took.append((time.perf_counter() - started) * 1000)
    return took


async def streams(stack: Stack, http: httpx.AsyncClient, token: str) -> float:
    """Return how many MB more the api holds while so many people follow a run that stands still."""
    headers = {"Authorization": f"Bearer {token}"}
    run = (
        await http.post("/api/v1/profiles", json={"login": "stands-still"}, headers=headers)
    ).json()
    api = psutil.Process(stack.services["api"].pid)
    listening = asyncio.Event()
    opened = 0

    async def follow() -> None:
        nonlocal opened
        async with http.stream("GET", run["events_url"], timeout=None) as answer:
            async for _ in answer.aiter_lines():
                opened += 1
                break
            if opened == STREAMS:
                listening.set()
            await asyncio.Event().wait()

    before = api.memory_info().rss
    followers = [asyncio.create_task(follow()) for _ in range(STREAMS)]
    async with asyncio.timeout(120):
        await listening.wait()
    await asyncio.sleep(5)  # two looks of each at the database
    more = api.memory_info().rss - before
    for follower in followers:
        follower.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    return more / MEGABYTE


async def measure(options: argparse.Namespace, folder: Path) -> None:
    """Make one card, then ask for it in every way."""
    [login] = crowd(folder / "samples", 1)
    wanted = Wanted(
        var=folder / "var",
        samples_dir=folder / "samples",
        http_port=free_ports(1)[0],
        environment={"PROFILE_OWNERSHIP_CAP": "100000", "CAPTURE_VARIANTS": "og"},
    )
    async with running_stack(wanted, lambda *_: None) as stack, client(stack) as http:
        who = await tokens(stack, 5)
        late = await deal(http, who[0], login)
        picture = f"/{login}.png"
        first = await http.get(picture, headers={"Accept": "image/avif,image/webp,image/*"})
        for name in ("generator", "screenshotter", "optimizer"):
            await stack.services[name].stop()
        phases = [
            await ask(stack, "/up, the reference", "/up", "", options, folder),
            await ask(stack, "pictures", picture, "", options, folder),
            await ask(stack, "unchanged (304)", picture, first.headers["etag"], options, folder),
        ]
        took = await submissions(http, who)
        more = await streams(stack, http, who[0])
    show(phases, len(first.content), late, took, more)


def show(phases: list[Asked], size: int, late: list[float], took: list[float], more: float) -> None:
    """Print the tables."""
    reference = phases[0].rate
    print(f"\nOne link preview of {size / 1000:.0f} kB, from Locust\n")
    print("| | requests/s | target | to the reference | p50 | p99 | api | Locust | failed |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in phases:
        print(
            f"| {one.name} | {one.rate:.0f} | {TARGETS[one.name]} | {one.rate / reference:.2f} |"
            f" {one.p50:.0f} ms | {one.p99:.0f} ms | {one.api_cores:.2f} cores |"
            f" {one.locust_cores:.2f} cores | {one.failures} |"
        )
    print("\n| | measured | target |")
    print("|---|---:|---:|")
    print(f"| submit, p50 | {statistics.median(took):.0f} ms | |")
    print(f"| submit, p95 | {statistics.quantiles(took, n=20)[-1]:.0f} ms | ≤ 50 ms |")
    print(f"| {STREAMS} open event streams, memory | {more:.0f} MB more | ≤ 60 MB |")
    print(f"| a step shown after it happened, p50 | {statistics.median(late):.0f} ms | |")
    print(f"| the latest of {len(late)} | {max(late):.0f} ms | ≤ 300 ms |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--readers", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(options, Path(folder)))


if __name__ == "__main__":
    main()
