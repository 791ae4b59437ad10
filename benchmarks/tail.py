"""Whether `techub events tail` shows every event in time, and what it costs those it watches.

`python benchmarks/tail.py [--rate 1000] [--seconds 30] [--rounds 5]` prints Markdown. A process
publishes numbered events of every kind at an even rate; the tail and, beside it, nats-py's own
ordered consumer write to a terminal each, which this process reads. The time of an event runs from
the call that publishes it to the read that brings its line. JetStream does not sync every write:
the disk is not what is measured. Then runs of the platform without
pixels, with nobody watching and with the tail in a terminal, in turns.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import MutableSequence, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import nats
import structlog
from crowds import client, submit, tokens, until_all_told
from nats.aio.msg import Msg
from processes import look
from stand_ins import stack_without_pixels
from terminals import Terminal, in_terminal

from techub_common import events
from techub_common.envelope import seal
from techub_common.streams import EVENTS, declare
from techub_devstack.servers.nats import nats_server
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted

TARGET_MS = 250.0
TICK_SECONDS = 0.01
TAIL = ("-m", "techub_cli", "events", "tail")
BARE = (str(Path(__file__).with_name("bare_tail.py")),)
ARRIVED_WITHIN = 30.0
RUNS = 30
WARM_UP = 20
ENDED_WITHIN = 300.0


def numbered(number: int) -> events.Event:
    """Return an event, one of several kinds in turn, with its number in the login."""
    who = {"run_id": uuid4(), "login": f"event-{number:06}"}
    picture = {"sha256": "0" * 64, "bytes": 88_000, "width": 1200, "height": 630}
    match number % 4:
        case 0:
            return events.StageRecorded.model_validate(
                who
                | {
                    "stage": "pull_github_data",
                    "status": "completed",
                    "started_at": "2026-01-01T00:00:00Z",
                    "duration_ms": 277,
                    "message": "10 repositories, 46 public events.",
                }
            )
        case 1:
            return events.CaptureRequested.model_validate(
                who | {"variant": "og", "view_key": "runs/x/view.json"}
            )
        case 2:
            return events.AssetCaptured.model_validate(
                who | picture | {"kind": "og", "object_key": "k", "mime": "image/png"}
            )
        case _:
            file = picture | {"format": "webp", "object_key": "k", "mime": "image/webp"}
            return events.AssetRecorded.model_validate(
                who
                | {
                    "kind": "og",
                    "provider": "chromium",
                    "renditions": [file, file],
                    "bytes_before": 88_000,
                    "engine": "vips",
                }
            )


def publish_all(
    url: str, rate: float, published: MutableSequence[float], stored: MutableSequence[float]
) -> None:
    """Publish one event per place of the array, evenly, and note when, and when it was stored."""
    asyncio.run(_publish_all(url, rate, published, stored))


async def _publish_all(
    url: str, rate: float, published: MutableSequence[float], stored: MutableSequence[float]
) -> None:
    connection = await nats.connect(url)
    count, all_stored = len(published), asyncio.Event()
    envelopes = [seal(numbered(number), "/services/generator") for number in range(count)]
    ready = [(one.event.subject, one.body(), one.headers()) for one in envelopes]
    waiting = set(range(count))
    inbox = connection.new_inbox()

    async def acknowledged(message: Msg) -> None:
        number = int(message.subject.rpartition(".")[2])
        if b'"seq"' not in message.data:
            raise RuntimeError(message.data)
        stored[number] = time.time()
        waiting.discard(number)
        if not waiting:
            all_stored.set()

    await connection.subscribe(f"{inbox}.*", cb=acknowledged)
    loop = asyncio.get_running_loop()
    began, number = loop.time(), 0
    while number < count:
        while number < min(count, (loop.time() - began) * rate):
            subject, body, headers = ready[number]
            published[number] = time.time()
            await connection.publish(subject, body, f"{inbox}.{number}", headers)
            number += 1
        await asyncio.sleep(TICK_SECONDS)
    async with asyncio.timeout(ARRIVED_WITHIN):
        await all_stored.wait()
    await connection.close()


@dataclass(frozen=True, slots=True)
class Shown:
    """What one terminal showed of the events, and the cores its command used meanwhile."""

    took: list[float]
    repeated: int
    missing: int
    cores: float

    def quantile(self, part: float) -> float:
        """Return the milliseconds within which this part of the events was shown."""
        return self.took[min(len(self.took) - 1, int(len(self.took) * part))]


async def shown(rate: float, seconds: float, folder: Path) -> None:
    """Publish at the rate, and print what both terminals showed."""
    count = int(rate * seconds)
    spawned = multiprocessing.get_context("spawn")
    published, stored = spawned.Array("d", count), spawned.Array("d", count)
    async with AsyncExitStack() as opened:
        server = await opened.enter_async_context(nats_server(folder / "nats", sync_always=False))
        connection = await nats.connect(server.url)
        opened.push_async_callback(connection.close)
        await declare(connection.jetstream(), ack_wait=15)
        tail = await opened.enter_async_context(in_terminal(TAIL, server.url))
        bare = await opened.enter_async_context(in_terminal(BARE, server.url))
        await both_listen(connection, tail, bare)
        pids = {"tail": tail.pid, "bare": bare.pid}
        before = look(pids)
        publisher = spawned.Process(
            target=publish_all, args=(server.url, rate, published, stored), daemon=True
        )
        publisher.start()
        await asyncio.to_thread(publisher.join)
        cores = look(pids).since(before)
        for terminal in (tail, bare):
            await terminal.until_shown(count, ARRIVED_WITHIN)
        sent, kept = list(published), list(stored)
    offered = (count - 1) / (max(sent) - min(sent))
    tables(
        offered,
        [(keep - send) * 1000 for send, keep in zip(sent, kept, strict=True)],
        Shown(*_took(tail, sent), cores["tail"]),
        Shown(*_took(bare, sent), cores["bare"]),
    )


async def both_listen(connection: nats.NATS, *terminals: Terminal) -> None:
    """Publish until every terminal has shown something, then forget that it did."""
    js = connection.jetstream()
    while not all(terminal.lines for terminal in terminals):
        ready = seal(
            events.CaptureRequested.model_validate(
                {"run_id": uuid4(), "login": "ready", "variant": "og", "view_key": "k"}
            ),
            "/services/api",
        )
        await js.publish(ready.event.subject, ready.body(), headers=ready.headers())
        await asyncio.sleep(0.1)


def _took(terminal: Terminal, sent: Sequence[float]) -> tuple[list[float], int, int]:
    took = sorted(
        (terminal.seen[number][0] - moment) * 1000
        for number, moment in enumerate(sent)
        if number in terminal.seen
    )
    return took, terminal.repeated, len(sent) - len(took)


def tables(offered: float, acknowledged: list[float], tail: Shown, bare: Shown) -> None:
    """Print what was shown, and when."""
    count = len(acknowledged)
    ratio = tail.quantile(0.99) / bare.quantile(0.99)
    acks = sorted(acknowledged)
    print(f"\n{count:,} events at {offered:.0f} a second\n")
    print("| | `techub events tail` | bare nats-py | target |")
    print("|---|---:|---:|---:|")
    print(f"| shown | {count - tail.missing:,} | {count - bare.missing:,} | {count:,} |")
    print(f"| shown twice | {tail.repeated} | {bare.repeated} | 0 |")
    for name, part, target in (("p50", 0.5, ""), ("p99", 0.99, f"{TARGET_MS:.0f}"), ("max", 1, "")):
        print(
            f"| publish → terminal, {name}, ms | {tail.quantile(part):.0f} "
            f"| {bare.quantile(part):.0f} | {target} |"
        )
    print(f"| of which publish → stored, p99, ms | {acks[int(count * 0.99)]:.0f} | | |")
    print(f"| p99 beside the bare consumer | {ratio:.2f} | 1 | |")
    print(f"| cores used | {tail.cores:.2f} | {bare.cores:.2f} | |")


async def watched(rounds: int, folder: Path) -> None:
    """Print runs a minute with nobody watching and with the tail in a terminal, in turns."""
    wanted = Wanted(
        var=folder / "var",
        http_port=free_ports(1)[0],
        environment={"PROFILE_OWNERSHIP_CAP": "1000000"},
    )
    figures: dict[bool, list[float]] = {False: [], True: []}
    async with stack_without_pixels(wanted) as (stack, _):
        [token] = await tokens(stack, 1)
        told = WARM_UP
        await runs_a_minute(stack, token, "warm", WARM_UP, told)
        for number in range(2 * rounds):
            with_tail = number % 2 == 1
            told += RUNS
            async with AsyncExitStack() as opened:
                if with_tail:
                    terminal = await opened.enter_async_context(in_terminal(TAIL, stack.nats.url))
                    await listening(terminal, stack)
                figures[with_tail].append(
                    await runs_a_minute(stack, token, f"round-{number}", RUNS, told)
                )
    show_cost(figures[False], figures[True])


async def listening(terminal: Terminal, stack: Stack) -> None:
    """Return once the tail has its consumer."""
    connection = await nats.connect(stack.nats.url)
    js = connection.jetstream()
    names: list[str] = []
    async with asyncio.timeout(ARRIVED_WITHIN):
        while not any(name.startswith("techub-cli-") for name in names):
            await asyncio.sleep(0.05)
            names = [info.name for info in await js.consumers_info(EVENTS)]
    await connection.close()
    terminal.lines = 0


async def runs_a_minute(stack: Stack, token: str, name: str, count: int, told: int) -> float:
    """Submit so many logins at once and return how many a minute were over and told."""
    async with client(stack) as http:
        began = time.perf_counter()
        await asyncio.gather(*(submit(http, token, f"{name}-{number}") for number in range(count)))
        runs = await until_all_told(stack, told, ENDED_WITHIN)
    if sum(run.told for run in runs) < told:
        message = f"{name}: not every run was over within {ENDED_WITHIN:.0f} s"
        raise RuntimeError(message)
    return count / (time.perf_counter() - began) * 60


def show_cost(alone: list[float], watched_by: list[float]) -> None:
    """Print both, their spreads, and whether they differ."""
    medians = statistics.median(alone), statistics.median(watched_by)
    spread = max(max(figures) - min(figures) for figures in (alone, watched_by))
    print(f"\nRuns a minute, {RUNS} at once, {len(alone)} rounds in turns\n")
    print("| | median | least | most |")
    print("|---|---:|---:|---:|")
    for name, figures in (("nobody watches", alone), ("the tail watches", watched_by)):
        print(
            f"| {name} | {statistics.median(figures):.0f} | {min(figures):.0f} "
            f"| {max(figures):.0f} |"
        )
    differ = abs(medians[0] - medians[1])
    verdict = "less than" if differ < spread else "NOT less than"
    print(f"\nThe medians differ by {differ:.0f}, {verdict} the spread of {spread:.0f}.")


async def measure(rate: float, seconds: float, rounds: int, folder: Path) -> None:
    """Measure both and print them."""
    await shown(rate, seconds, folder)
    await watched(rounds, folder)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        asyncio.run(measure(wanted.rate, wanted.seconds, wanted.rounds, Path(name)))


if __name__ == "__main__":
    main()
