"""How many runs a second the platform carries, arriving whether or not it keeps up.

`python benchmarks/load.py [--rate 25] [--seconds 60]` prints Markdown. HTTP submissions of logins
nobody has seen arrive at random moments (open loop, Poisson); api and notifier are the real
processes on a Postgres with fsync and a JetStream with `sync_interval: always`; generator,
screenshotter and optimizer are stood in for, the mails go to Resend's double. The reference, just
before: the same messages published, fetched, claimed and acknowledged, eight at once.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import nats
import structlog
from crowds import Ended, client, runs_of, submit, tokens, until_all_told, untold
from processes import ALL, look, pids_of
from stand_ins import messages_of, stack_without_pixels

from techub_api.schema import INBOX
from techub_cards.variants import VARIANTS
from techub_common.database import open_sessions, transaction
from techub_common.envelope import seal
from techub_common.events import CaptureRequested
from techub_common.inbox import first_time
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted

PEOPLE = 50
ACCEPTED = 202
LANES = 8
BARE_SECONDS = 8.0
DRAIN_SECONDS = 55.0
LONGEST = 140.0
BUSY = 0.85
SEED = 25


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of the arrivals."""

    arrived: dict[str, datetime]
    accepted: int
    at_end: list[Ended]
    outbox: int
    drained: list[Ended]
    drained_in: float
    cores: dict[str, float]
    bare: float


async def bare(stack: Stack) -> float:
    """Return how many messages a second are published, fetched, claimed and acknowledged."""
    connection = await nats.connect(stack.nats.url)
    js = connection.jetstream()
    await js.add_stream(name="BARE", subjects=["bare"])
    url = stack.services_environment("api")["DATABASE_URL"]
    end = time.perf_counter() + BARE_SECONDS
    async with open_sessions(url, pool=LANES) as sessions:

        async def lane() -> int:
            subscription = await js.pull_subscribe("bare", durable="bare")
            done = 0
            while time.perf_counter() < end:
                event = CaptureRequested(run_id=uuid4(), login="pip", variant="og", view_key="k")
                sealed = seal(event, "/services/api")
                await js.publish("bare", sealed.body(), headers=sealed.headers())
                [message] = await subscription.fetch(1)
                async with transaction(sessions) as session:
                    await first_time(session, INBOX, "bare", event)
                await message.ack()
                done += 1
            return done

        done = sum(await asyncio.gather(*(lane() for _ in range(LANES))))
    await js.delete_stream("BARE")
    await connection.close()
    return done / BARE_SECONDS


async def arrivals(
    http: httpx.AsyncClient, who: list[str], rate: float, seconds: float
) -> tuple[dict[str, datetime], list[asyncio.Task[int]]]:
    """Submit logins at random moments, `rate` a second on average; return when each was due."""
    chance = random.Random(SEED)
    due: dict[str, datetime] = {}
    asked: list[asyncio.Task[int]] = []
    loop = asyncio.get_running_loop()
    start, began = loop.time(), datetime.now(UTC)
    at = chance.expovariate(rate)
    while at < seconds:
        await asyncio.sleep(max(0.0, start + at - loop.time()))
        login = f"load-{len(asked)}"
        due[login] = began + timedelta(seconds=at)
        asked.append(asyncio.create_task(submit(http, who[len(asked) % len(who)], login)))
        at += chance.expovariate(rate)
    await asyncio.sleep(max(0.0, start + seconds - loop.time()))
    return due, asked


async def measure(rate: float, seconds: float, folder: Path) -> None:
    """Let them come, look at what became of them, and print it before anything is stopped."""
    wanted = Wanted(
        var=folder / "var",
        http_port=free_ports(1)[0],
        environment={"PROFILE_OWNERSHIP_CAP": "1000000"},
    )
    clock = asyncio.get_running_loop().time
    end = clock() + LONGEST
    async with (
        stack_without_pixels(wanted) as (stack, stand_ins),
        client(stack) as http,
    ):
        who = await tokens(stack, PEOPLE)
        reference = await bare(stack)
        pids = {**pids_of(stack, "api", "notifier"), "the three stood in for": stand_ins.pid}
        before = look(pids)
        due, asked = await arrivals(http, who, rate, seconds)
        cores = look(pids).since(before)
        in_time = sum(task.done() and task.result() == ACCEPTED for task in asked)
        at_end, outbox = await runs_of(stack), await untold(stack)
        started = clock()
        end = min(end, started + DRAIN_SECONDS)
        await asyncio.wait(asked, timeout=max(0.0, end - clock()))
        drained = await until_all_told(stack, len(asked), end - clock())
        drained_in = clock() - started
        measured = Measured(due, in_time, at_end, outbox, drained, drained_in, cores, reference)
        show(measured, rate, seconds)


def latencies(measured: Measured) -> list[float]:
    """Return seconds from when each was due to its end; infinite for those that did not end."""
    ended = {run.login: run.finished_at for run in measured.drained if run.finished_at}
    return sorted(
        (ended[login] - due).total_seconds() if login in ended else float("inf")
        for login, due in measured.arrived.items()
    )


def show(measured: Measured, rate: float, seconds: float) -> None:
    """Print the tables."""
    pictures, count = len(VARIANTS), len(measured.arrived)
    messages = messages_of(pictures)
    over = [run for run in measured.at_end if run.finished_at]
    achieved = len(over) / seconds
    reference = measured.bare / messages
    took = latencies(measured)
    left = count - sum(run.told for run in measured.drained)
    print(f"\nRuns of {pictures} pictures, {messages} messages each, for {seconds:.0f} s\n")
    print("| | measured | target |")
    print("|---|---:|---:|")
    print(f"| offered, runs/s | {count / seconds:.1f} | {rate:.0f} |")
    print(f"| accepted meanwhile (202) | {measured.accepted} of {count} | all |")
    print(f"| achieved: ended within the {seconds:.0f} s, runs/s | {achieved:.1f} | {rate:.0f} |")
    print(
        f"| ratio to bare messages alone ({reference:.1f} runs/s) | {achieved / reference:.2f} | |"
    )
    print(f"| submit → end, p50 | {shown(statistics.median_low(took))} | |")
    print(f"| submit → end, p99 | {shown(took[int(len(took) * 0.99)])} | |")
    print(f"| open at the end of the {seconds:.0f} s | {len(measured.at_end) - len(over)} runs | |")
    print(f"| in the outbox then | {measured.outbox} facts | |")
    drained = sum(run.finished_at is not None for run in measured.drained) - len(over)
    print(f"| ended after the last arrival, runs/s | {drained / measured.drained_in:.1f} | |")
    print(f"| not ended and told {measured.drained_in:.0f} s later | {left} runs | 0 |")
    outcomes = Counter(run.status for run in measured.drained)
    print(f"\nOutcomes: {', '.join(f'{count} {name}' for name, count in outcomes.items())}.")
    print("\nCores used meanwhile\n")
    names = sorted(measured.cores, key=lambda name: -measured.cores[name])
    print("| " + " | ".join(names) + " |")
    print("|" + "---:|" * len(names))
    print("| " + " | ".join(f"{measured.cores[name]:.2f}" for name in names) + " |")
    print(f"\n{limit(measured)}")


def shown(seconds: float) -> str:
    """Return seconds for a table."""
    return "not ended" if seconds == float("inf") else f"{seconds:.2f} s"


def limit(measured: Measured) -> str:
    """Return what the figures say is in the way."""
    cores = os.cpu_count() or 1
    used = sum(share for name, share in measured.cores.items() if name != ALL)
    loops = ("api", "notifier", "the three stood in for")  # one core each, however many there are
    busy = [name for name in loops if measured.cores[name] >= BUSY]
    if busy:
        return f"Limit: {' and '.join(busy)}, a core of its own used up."
    if used >= BUSY * cores:
        return f"Limit: the machine, {used:.1f} of {cores} cores are used by what is measured."
    if measured.cores[ALL] < BUSY * cores:
        return (
            f"No process is at its limit ({used:.1f} of {cores} cores): it waits for disk or locks."
        )
    return f"Limit: other work on this machine; {used:.1f} of its {cores} cores were left for this."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rate", type=float, default=25.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    wanted = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        asyncio.run(measure(wanted.rate, wanted.seconds, Path(name)))


if __name__ == "__main__":
    main()
