"""What the platform itself costs: a run of fifteen pictures without GitHub, Gemini or a pixel.

`python benchmarks/overhead.py [--runs 40]` prints Markdown. The ledger, its outbox and its relay
are the real ones on a real Postgres (fsync on) and a real JetStream (`sync_interval: always`); the
other services are stood in for by listeners of a second process that answer at once. The reference,
in the same minute: the same number of messages published, fetched, claimed in a row and
acknowledged, one after another. What does not depend on how busy the machine is stands below: the
statements of the api and the processor time of everybody, per run.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import nats
import psutil
import structlog
import uvloop
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from stand_ins import StandInSettings, messages_of, standing_in

from techub_api.accounts.actions import user_with_login
from techub_api.profiles.identity import profile_for_login
from techub_api.resources import Resources, open_resources
from techub_api.runs.feed import grown_or_late
from techub_api.runs.handlers import ledger
from techub_api.runs.tables import Run
from techub_api.schema import INBOX, METADATA
from techub_api.service import LEDGER_SLOTS, LEDGER_TOGETHER
from techub_api.settings import Settings as ApiSettings
from techub_api.submissions.actions import policy_of, start
from techub_common import streams
from techub_common.broker import Teller, listen, open_broker
from techub_common.database import open_sessions, transaction
from techub_common.delivery import Road
from techub_common.envelope import seal
from techub_common.events import CaptureRequested, Notify, Trigger
from techub_common.inbox import first_time
from techub_common.migrations import migrate
from techub_common.outbox import Relay
from techub_common.runtime import opened
from techub_common.settings import AppEnv
from techub_common.streams import EVENTS, LEDGER, SCREENSHOTTER
from techub_devstack.servers.nats import nats_server
from techub_devstack.servers.postgres import postgres_server

PICTURES = 15
WARM_UPS = 5
MESSAGES = messages_of(PICTURES)
VARIANTS = tuple(f"variant_{number}" for number in range(PICTURES))


async def bare(url: str, nats_url: str) -> float:
    """Return the milliseconds that a run's messages cost: publish, fetch, claim, ack, in a row."""
    connection = await nats.connect(nats_url)
    js = connection.jetstream()
    await js.add_stream(name="BARE", subjects=["bare"])
    subscription = await js.pull_subscribe("bare", durable="bare")
    run_id = uuid4()
    async with open_sessions(url) as sessions:
        started = time.perf_counter()
        for number in range(MESSAGES):
            event = CaptureRequested(
                run_id=run_id, login="pip", variant=str(number), view_key="runs/x/view.json"
            )
            sealed = seal(event, "/services/api")
            await js.publish("bare", sealed.body(), headers=sealed.headers())
            [message] = await subscription.fetch(1)
            async with transaction(sessions) as session:
                await first_time(session, INBOX, "bare", event)
            await message.ack()
        took = (time.perf_counter() - started) * 1000
    await js.delete_stream("BARE")
    await connection.close()
    return took


async def hop(nats_url: str, rounds: int) -> list[float]:
    """Return the milliseconds from telling a fact to its handler, one at a time."""
    settings = StandInSettings(nats_url=nats_url, app_env=AppEnv.test)
    heard = asyncio.Event()

    async def hear(event: CaptureRequested) -> None:
        del event
        heard.set()

    took = []
    async with open_broker(settings) as broker:
        tell = Teller(broker, "/services/api")
        consumer = replace(SCREENSHOTTER, name="hop")
        js = broker.config.connection_state.stream
        config = streams.consumer_config(consumer, 15)
        config.deliver_policy = "new"
        await js.add_consumer(EVENTS, config)
        listener = listen(broker, tell, consumer, hear, slots=1, ack_wait=15, road=Road())
        task = asyncio.create_task(listener.run())
        for number in range(rounds):
            heard.clear()
            started = time.perf_counter()
            await tell(
                CaptureRequested(run_id=uuid4(), login="p", variant=str(number), view_key="k")
            )
            await heard.wait()
            took.append((time.perf_counter() - started) * 1000)
        await listener.stop(5)
        await task
        await js.delete_consumer(EVENTS, "hop")
        await js.purge_stream(EVENTS)
    return took


async def measure(runs: int, folder: Path) -> None:
    """Measure everything and print it."""
    async with (
        postgres_server(folder / "postgres", fsync=True) as postgres,
        nats_server(folder / "nats") as server,
    ):
        url = await postgres.create_database("overhead")
        await migrate("techub_api", METADATA, url, url, readers=["notifier"])
        connection = await nats.connect(server.url)
        await streams.declare(connection.jetstream(), ack_wait=15)
        await connection.close()
        hops = await hop(server.url, 200)
        (folder / "objects").mkdir()
        settings = ApiSettings(
            nats_url=server.url,
            database_url=url,
            storage_url=f"file://{folder / 'objects'}",
            secret_key="x" * 32,
        )
        took, references, spent_on = [], [], Counter[str]()
        with standing_in(server.url, folder / "objects") as others:
            processes = {
                "the four others": others.pid,
                "NATS": server.pid,
                "Postgres": postgres.pid,
            }
            async with opened(settings) as service, open_resources(service, settings) as usual:
                resources = replace(usual, variants=VARIANTS)
                statements = counted(resources)
                service.hear_together(
                    LEDGER, ledger(resources), slots=LEDGER_SLOTS, most=LEDGER_TOGETHER
                )
                [listener] = service.listeners
                relay = Relay(resources.outbox, resources.sessions, service.tell)
                work = (listener.run, relay.run, resources.feed.run)
                tasks = [asyncio.create_task(loop()) for loop in work]
                for number in range(WARM_UPS + runs):
                    before = cpu_of(processes) | statements
                    own = time.process_time()
                    spent = await one_run(resources, number)
                    if number >= WARM_UPS:
                        took.append(spent)
                        spent_on["CPU of api, ms"] += round((time.process_time() - own) * 1000)
                        spent_on.update(cpu_of(processes) | statements)
                        spent_on.subtract(before)
                        if number % 4 == 0:
                            references.append(await bare(url, server.url))
                await listener.stop(5)
                for task in tasks:
                    task.cancel()
    show(took, references, hops)
    show_spent({what: amount / len(took) for what, amount in spent_on.items()})


def counted(resources: Resources) -> Counter[str]:
    """Return a counter of the api's statements and commits that goes on counting."""
    engine = resources.sessions.kw["bind"].sync_engine
    counter = Counter({"statements": 0, "commits": 0})
    sqlalchemy_event.listen(
        engine, "before_cursor_execute", lambda *_: counter.update(["statements"])
    )
    sqlalchemy_event.listen(engine, "commit", lambda *_: counter.update(["commits"]))
    return counter


def cpu_of(processes: dict[str, int]) -> Counter[str]:
    """Return the milliseconds of processor time each has used, with the processes below it."""
    used: Counter[str] = Counter()
    for name, pid in processes.items():
        for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                used[f"CPU of {name}, ms"] += round((times.user + times.system) * 1000)
    return used


async def one_run(resources: Resources, number: int) -> float:
    """Return the milliseconds from submission to the end of a run nobody has seen."""
    async with transaction(resources.sessions) as session:
        await user_with_login(session, "benchmark")
    started = time.perf_counter()
    async with transaction(resources.sessions) as session:
        profile = await profile_for_login(session, f"overhead-{number}")
        asked = await start(
            session,
            resources.outbox,
            profile,
            trigger=Trigger.cli,
            policy=policy_of(resources.settings, Notify.none),
        )
    async with resources.feed.follow(asked.run_id) as grown:
        while not await ended(resources, asked.run_id):
            await grown_or_late(grown)
    return (time.perf_counter() - started) * 1000


async def ended(resources: Resources, run_id: UUID) -> bool:
    """Return whether the run is over."""
    async with transaction(resources.sessions) as session:
        return bool(await session.scalar(select(Run.finished_at).where(Run.id == run_id)))


def show(took: list[float], references: list[float], hops: list[float]) -> None:
    """Print the table."""
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    reference = statistics.median(references)
    print(f"\n{len(took)} runs of {PICTURES} pictures, {MESSAGES} messages each, ms\n")
    print("| | measured | target |")
    print("|---|---:|---:|")
    print(f"| overhead per run, p50 | {p50:.0f} | 300 |")
    print(f"| overhead per run, p99 | {p99:.0f} | 900 |")
    print(
        f"| ratio to bare publish + fetch + claim + ack ({reference:.0f}) "
        f"| {p50 / reference:.2f} | 3 |"
    )
    print(f"| one hop, told to handled, p50 | {statistics.median(hops):.1f} | 5 |")
    print(f"| one hop, p99 | {statistics.quantiles(hops, n=100)[98]:.1f} | |")


def show_spent(per_run: dict[str, float]) -> None:
    """Print what a run costs, however long it took."""
    print("\n| per run | |")
    print("|---|---:|")
    for what, amount in per_run.items():
        print(f"| {what} | {amount:.0f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=40)
    runs = parser.parse_args().runs
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        uvloop.run(measure(runs, Path(name)))


if __name__ == "__main__":
    main()
