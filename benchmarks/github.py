"""How long it takes to read a profile from GitHub, how much memory, and what it costs in quota.

`python benchmarks/github.py [--rounds 7]` prints Markdown. GitHub is the double in a process of its
own with 100 ms added to every answer; connections are open already, as in a running service. Half
of what is reported is the double's own work, on the same two cores.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from techub_devstack import samples
from techub_devstack.doubles import github
from techub_devstack.doubles.handle import Double
from techub_devstack.doubles.serving import in_thread
from techub_generator.github.client import GitHub, Keys, open_github
from techub_generator.github.pull import pull

LATENCY = 0.1
SMALL, LARGE = 30, 600
TARGET_SMALL = 700
TARGET_MEMORY = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder, served(people(Path(folder))) as url:
        figures = asyncio.run(measured(url, rounds))
    print(table(figures))


def people(folder: Path) -> Path:
    """Write the answers about an account with a few and one with many repositories."""
    source = samples.DIR / samples.DEFAULT
    shapes = json.loads((source / "repos.json").read_text("utf-8"))
    for number, count in enumerate((SMALL, LARGE)):
        login = f"has-{count}"
        there = folder / login
        there.mkdir()
        for file in source.glob("*.json"):
            there.joinpath(file.name).write_text(
                file.read_text("utf-8").replace(samples.DEFAULT, login), "utf-8"
            )
        user = json.loads((there / "user.json").read_text("utf-8")) | {
            "id": 9_000_000 + number,
            "public_repos": count,
        }
        (there / "user.json").write_text(json.dumps(user), "utf-8")
        repos = [
            shapes[index % len(shapes)] | {"name": f"r{index}", "full_name": f"{login}/r{index}"}
            for index in range(count)
        ]
        (there / "repos.json").write_text(json.dumps(repos), "utf-8")
    return folder


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the double from a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, there))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join(10)


def _serve(folder: Path, pipe: Connection) -> None:
    with in_thread(github.create_app(folder)) as url:
        pipe.send(url)
        pipe.recv()


async def measured(url: str, rounds: int) -> dict[str, Any]:
    """Return every figure."""
    double = Double(url)
    figures: dict[str, Any] = {}
    async with open_github(url, Keys(("ghp_benchmark",))) as opened:
        await pull(opened, f"has-{SMALL}", None)
        figures["memory"] = await memory(opened)  # before anything large was read
        double.fail(delay_seconds=LATENCY)
        for count in (SMALL, LARGE):
            figures[f"pull {count}"] = await timed(opened, f"has-{count}", rounds)
        figures["one call"] = await one_call(opened, rounds)
        before = await pull(opened, f"has-{SMALL}", None)
        double.ask("DELETE", "/__control__/requests")
        began = time.perf_counter()
        await pull(opened, f"has-{SMALL}", before)
        figures["again"] = (time.perf_counter() - began) * 1000
        figures["statuses"] = Counter(double.statuses())
    return figures


async def timed(opened: GitHub, login: str, rounds: int) -> float:
    """Return the median of a pull in milliseconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        profile = await pull(opened, login, None)
        taken.append((time.perf_counter() - began) * 1000)
        if profile.unread:
            raise RuntimeError(profile.unread)
    return statistics.median(taken)


async def one_call(opened: GitHub, rounds: int) -> float:
    """Return the median of a single small call in milliseconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await opened.asking().text(f"/repos/has-{SMALL}/has-{SMALL}/readme", 1000)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def memory(opened: GitHub) -> float:
    """Return how many MB the largest pull takes above rest, at its highest."""
    rest = at_rest()
    profile = await pull(opened, f"has-{LARGE}", None)
    if len(profile.repositories) != LARGE:
        raise RuntimeError(len(profile.repositories))
    return (_status("VmHWM") - rest) / 1024


def at_rest() -> int:
    """Return the memory in use, in kB, and have the kernel forget the highest so far."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def table(figures: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    small, one = figures[f"pull {SMALL}"], figures["one call"]
    statuses = ", ".join(f"{n} x {status}" for status, n in sorted(figures["statuses"].items()))
    return f"""
| | measured | target |
|---|---:|---:|
| pull, {SMALL} repositories, ms | {small:.0f} | {TARGET_SMALL} |
| pull, {LARGE} repositories, ms | {figures[f"pull {LARGE}"]:.0f} | |
| one call, ms (the double answers after 100) | {one:.0f} | |
| pull, {SMALL} repositories, in single calls | {small / one:.1f} | |
| pull, {LARGE} repositories, above rest, MB | {figures["memory"]:.0f} | {TARGET_MEMORY} |
| the same again with nothing changed, ms | {figures["again"]:.0f} | |
| answers to it (only a 200 counts against the quota) | {statuses} | 1 x 200 |"""


if __name__ == "__main__":
    main()
