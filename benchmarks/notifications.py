"""How fast people are told, and whether offering everything three times tells anybody twice.

`python benchmarks/notifications.py [--count 100000] [--offers 3] [--events 300]` prints Markdown.
Four notifier processes share Postgres (with fsync), NATS and Resend's double, which answers at
once; no vendor limit. First ends of runs are told one by one, then all at once and `offers` times.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import nats
import psutil
from nats.js import JetStreamContext
from sqlalchemy import text

from techub_api.schema import METADATA as API
from techub_common import streams
from techub_common.database import open_engine
from techub_common.envelope import seal
from techub_common.events import Notify, PipelineCompleted, Trigger
from techub_common.migrations import migrate
from techub_devstack.servers.child import Child, leashed
from techub_devstack.servers.nats import nats_server
from techub_devstack.servers.postgres import postgres_server
from techub_devstack.services import free_ports
from techub_notifier.tables import METADATA

PROCESSES = 4
IN_FLIGHT = 256
WARM_UPS = 20


def event(profile_id: UUID) -> PipelineCompleted:
    """Return the end of a run of this profile."""
    return PipelineCompleted(
        run_id=uuid4(),
        login="octocat",
        profile_id=profile_id,
        trigger=Trigger.submit,
        notify=Notify.owners,
        duration_ms=1000,
    )


async def tell(js: JetStreamContext, told: PipelineCompleted, count: int) -> None:
    """Publish an end, past the dedupe window for every further tell."""
    envelope = seal(told, "/services/api", tell=count)
    await js.publish(told.subject, envelope.body(), headers=envelope.headers(), timeout=30)


async def add_owners(url: str, profiles: list[UUID]) -> None:
    """Give every profile an owner with an address of their own."""
    engine = open_engine(url, pool=1, command_seconds=None)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        values = {"ids": [str(profile) for profile in profiles]}
        for into, what in (
            ("profiles (id, display_login)", "id::uuid, 'octocat'"),
            (
                "users (id, login, email, email_verified_at)",
                "id::uuid, id, id || '@example.com', now()",
            ),
            ("ownerships (profile_id, user_id, role)", "id::uuid, id::uuid, 'owner'"),
        ):
            each = "unnest(CAST(:ids AS text[])) AS id"
            await connection.execute(
                text(f"INSERT INTO api.{into} SELECT {what} FROM {each}"), values
            )
    await engine.dispose()


async def measure(options: argparse.Namespace, folder: Path) -> None:
    """Start everything, measure, and print."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(nats_server(folder / "nats"))
        postgres = await stack.enter_async_context(postgres_server(folder / "postgres", fsync=True))
        url = await postgres.create_database("notifications")
        await migrate("techub_api", API, url, url, readers=["notifier"])
        await migrate("techub_notifier", METADATA, url, url)
        doubles = Child(
            leashed(
                [
                    *(sys.executable, "-m", "techub_devstack.doubles"),
                    *("--ports-file", folder / "ports.json"),
                ],
                die_with=15,
            ),
            log=folder / "doubles.log",
        )
        stack.push_async_callback(doubles.stop)
        while not (folder / "ports.json").exists():  # noqa: ASYNC110  # a benchmark polls
            await asyncio.sleep(0.05)
        resend = f"http://127.0.0.1:{json.loads((folder / 'ports.json').read_text())['resend']}"
        connection = await nats.connect(broker.url)
        stack.push_async_callback(connection.close)
        js = connection.jetstream()
        await streams.declare(js, ack_wait=15.0)
        for port in free_ports(PROCESSES):
            env = {
                "PATH": os.environ["PATH"],
                "NATS_URL": broker.url,
                "DATABASE_URL": url,
                "SECRET_KEY": "x" * 32,
                "RESEND_API_KEY": "re_benchmark",
                "RESEND_API_URL": resend,
                "RESEND_PER_SECOND": "0",
                "HEALTH_PORT": str(port),
                "LOG_LEVEL": "error",
            }
            command = leashed([sys.executable, "-m", "techub_notifier", "serve"], die_with=15)
            child = Child(command, log=folder / f"notifier-{port}.log", env=env)
            stack.push_async_callback(child.stop)
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=120))
        await one_by_one(options, js, http, url, resend)
        await all_at_once(options, js, http, url, resend)


async def one_by_one(
    options: argparse.Namespace,
    js: JetStreamContext,
    http: httpx.AsyncClient,
    url: str,
    resend: str,
) -> None:
    """Print how long it takes from telling an end to the accepted send."""
    profiles = [uuid4() for _ in range(options.events + WARM_UPS)]
    await add_owners(url, profiles)
    told: dict[str, float] = {}
    for number, profile in enumerate(profiles):
        told[f"{profile}@example.com"] = time.time()
        await tell(js, event(profile), 0)
        await accepted_count(http, resend, number + 1)
    await accepted_count(http, resend, len(profiles))
    box = (await http.get(f"{resend}/mailbox.json")).json()
    waits = sorted(
        (datetime.fromisoformat(mail["created_at"]).timestamp() - told[mail["to"][0]]) * 1000
        for mail in box["mails"][WARM_UPS:]
    )
    bare = statistics.median([await bare_way(js, http, resend) for _ in range(40)]) * 1000
    print("\n| told one by one, ms | measured | target |\n|---|---:|---:|")
    print(f"| terminal event → accepted send, p50 | {statistics.median(waits):.0f} | 100 |")
    print(f"| a bare publish and a bare request to the double, p50 | {bare:.0f} | |")
    print(f"| p99 | {waits[int(len(waits) * 0.99)]:.0f} | |")
    await http.delete(f"{resend}/mailbox.json")


async def bare_way(js: JetStreamContext, http: httpx.AsyncClient, resend: str) -> float:
    """Return the seconds of the two things nobody can do without, on this machine right now."""
    mail = {"from": "a@example.com", "to": ["b@example.com"], "subject": "s", "text": "t"}
    started = time.perf_counter()
    await js.publish("stage.recorded", b"{}")
    answer = await http.post(
        f"{resend}/emails", json=mail, headers={"Authorization": "Bearer re_benchmark"}
    )
    answer.raise_for_status()
    return time.perf_counter() - started


async def accepted_count(
    http: httpx.AsyncClient, url: str, wanted: int, *, every: float = 0.03, within: float = 60
) -> int:
    """Return how many mails were accepted, once they are so many."""
    deadline = time.monotonic() + within
    while True:
        count = int((await http.get(f"{url}/mailbox.json?count=1")).json()["count"])
        if count >= wanted:
            return count
        if time.monotonic() > deadline:
            sys.exit(f"only {count} of {wanted} mails after {within:g} s")
        await asyncio.sleep(every)


async def unsettled(url: str) -> int:
    """Return how many deliveries wait."""
    engine = open_engine(url, pool=1, command_seconds=None)
    async with engine.begin() as connection:
        waiting = "SELECT count(*) FROM notifier.deliveries WHERE state = 'pending'"
        count = int(await connection.scalar(text(waiting)) or 0)
    await engine.dispose()
    return count


async def delivered(url: str) -> tuple[int, int]:
    """Return how many mails Postgres knows by Resend's ids as delivered, and to how many people."""
    engine = open_engine(url, pool=1, command_seconds=None)
    counted = "SELECT count(DISTINCT provider_id), count(DISTINCT user_id) FROM notifier.deliveries"
    async with engine.begin() as connection:
        mails, people = (await connection.execute(text(counted))).one()
    await engine.dispose()
    return mails, people


async def all_at_once(
    options: argparse.Namespace,
    js: JetStreamContext,
    http: httpx.AsyncClient,
    url: str,
    resend: str,
) -> None:
    """Print how many notifications a second four processes get through, and that none is a twin."""
    profiles = [uuid4() for _ in range(options.count)]
    await add_owners(url, profiles)
    events = [event(profile) for profile in profiles]
    before = await delivered(url)
    started, spent = time.monotonic(), cpu_seconds()
    free = asyncio.Semaphore(IN_FLIGHT)

    async def offer(one: PipelineCompleted, count: int) -> None:
        async with free:
            await tell(js, one, count)

    for count in range(options.offers):
        await asyncio.gather(*(offer(one, count) for one in events))
    await accepted_count(http, resend, options.count, every=0.25, within=3600)
    seconds = time.monotonic() - started
    cost = {name: (now - spent[name]) / options.count * 1000 for name, now in cpu_seconds().items()}
    total = sum(cost.values())
    while (await js.consumer_info("EVENTS", "notifier")).num_pending:  # noqa: ASYNC110  # a benchmark polls
        await asyncio.sleep(0.5)
    drained = time.monotonic() - started
    sends = await accepted_count(http, resend, options.count)
    while await unsettled(url):  # noqa: ASYNC110  # a benchmark polls
        await asyncio.sleep(0.5)
    told, people = (now - was for now, was in zip(await delivered(url), before, strict=True))
    print("\n| offered all at once | measured | target |\n|---|---:|---:|")
    print(f"| notifications, each offered {options.offers} times | {options.count} | |")
    print(f"| accepted sends | {sends} | {options.count} |")
    print(f"| people told | {people} | {options.count} |")
    print(f"| people told twice | {max(sends, told) - people} | 0 |")
    print(f"| accepted a second, 4 processes | {options.count / seconds:.0f} | 100 |")
    for name in ("notifiers", "Postgres", "others"):
        print(f"| processor time a notification, {name}, ms | {cost[name]:.1f} | |")
    print(f"| what two idle cores would do a second, by that | {2000 / total:.0f} | 100 |")
    print(f"| offers heard a second | {options.count * options.offers / drained:.0f} | |")


def cpu_seconds() -> Counter[str]:
    """Return the CPU time so far: of the notifiers, of Postgres, of everything else."""
    spent: Counter[str] = Counter()
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            words = " ".join(process.cmdline())
            owner = "others"
            if "techub_notifier" in words:
                owner = "notifiers"
            elif "postgres" in words:
                owner = "Postgres"
            times = process.cpu_times()
            spent[owner] += times.user + times.system
    return spent


def main() -> None:
    """Measure in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--offers", type=int, default=3)
    parser.add_argument("--events", type=int, default=300)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(parser.parse_args(), Path(folder)))


if __name__ == "__main__":
    main()
