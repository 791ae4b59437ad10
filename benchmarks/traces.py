"""Whether a run is one trace, from the request to the mail, also when messages come twice.

`python benchmarks/traces.py [--runs 200]` prints Markdown. The five real services, one picture a
run, a collector that takes what they export. Meanwhile generator, screenshotter, optimizer and
notifier are killed in turn, so that what they had in hand is delivered again.
"""

import argparse
import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from uuid import UUID

import nats
import structlog
from crowds import client, submit, tokens, until_all_told
from people import crowd

from techub_common.envelope import unseal
from techub_common.streams import EVENTS
from techub_devstack.doubles.collector import Collector, Seen, collecting
from techub_devstack.services import NAMES, free_ports
from techub_devstack.stack import Stack, Wanted, running_stack

KILLED = ("generator", "screenshotter", "optimizer", "notifier")
BETWEEN_KILLS = 8.0
AT_ONCE = 6
LONGEST = 900.0
EXPORTED_WITHIN = 15.0


async def measure(runs: int, folder: Path) -> None:
    """Submit so many logins, kill services meanwhile, and print what the traces say."""
    logins = crowd(folder / "samples", runs)
    with collecting() as collector:
        wanted = Wanted(
            var=folder / "var",
            samples_dir=folder / "samples",
            fsync=False,
            http_port=free_ports(1)[0],
            environment={
                "ACK_WAIT_SECONDS": "3",
                "CAPTURE_VARIANTS": "card",
                "PROFILE_OWNERSHIP_CAP": "1000000",
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "OTEL_BSP_SCHEDULE_DELAY": "200",
            },
        )
        async with running_stack(wanted, lambda *_: None) as stack:
            [token] = await tokens(stack, 1)
            killing = asyncio.create_task(kill_in_turn(stack))
            await submit_all(stack, token, logins)
            ended = await until_all_told(stack, runs, LONGEST)
            killing.cancel()
            await asyncio.sleep(EXPORTED_WITHIN)  # what is noted leaves within a second
            told = await traces_of_events(stack)
        show([run.id for run in ended if run.told], runs, told, collector)


async def submit_all(stack: Stack, token: str, logins: list[str]) -> None:
    """Submit every login, a few at a time."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with client(stack) as http:

        async def one(login: str) -> None:
            async with turns:
                await submit(http, token, login)

        await asyncio.gather(*map(one, logins))


async def kill_in_turn(stack: Stack) -> None:
    """Kill one service after the other, for ever; each is started again at once."""
    while True:
        for name in KILLED:
            await asyncio.sleep(BETWEEN_KILLS)
            await stack.services[name].kill()


async def traces_of_events(stack: Stack) -> dict[UUID, set[str]]:
    """Return the traces that the stream's events of each run are in."""
    connection = await nats.connect(stack.nats.url)
    js = connection.jetstream()
    state = (await js.stream_info(EVENTS)).state
    found: dict[UUID, set[str]] = defaultdict(set)
    for sequence in range(state.first_seq, state.last_seq + 1):
        envelope = unseal((await js.get_msg(EVENTS, sequence)).data or b"")
        found[envelope.event.run_id].add(envelope.trace_id)
    await connection.close()
    return found


def show(over: list[UUID], asked: int, told: dict[UUID, set[str]], collector: Collector) -> None:
    """Print the table."""
    noted: dict[str, set[str]] = defaultdict(set)
    for span in collector.spans():
        if run := span.attributes.get("techub.run_id"):
            noted[str(run)].add(span.trace)
    by_trace = collector.by_trace()
    one = sum(told[run] == {run.hex} for run in over)
    exported = sum(noted[str(run)] == {run.hex} for run in over)
    whole = sum(_is_whole(by_trace[run.hex]) for run in over)
    again = [run for run in over if any(_is_again(span) for span in by_trace[run.hex])]
    print(f"\n{asked} runs of one picture; services killed every {BETWEEN_KILLS:.0f} s\n")
    print("| | measured | target |")
    print("|---|---:|---:|")
    print(f"| over, and everybody told | {len(over)} | {asked} |")
    print(f"| all events in one trace, that of the run's id | {one} | {asked} |")
    print(f"| all spans of the run in it | {exported} | {asked} |")
    print(f"| request, work of all five services and mail in it | {whole} | {asked} |")
    print(f"| runs with messages delivered again, linked | {len(again)} | > 0 |")


def _is_whole(spans: list[Seen]) -> bool:
    names = {span.name for span in spans}
    mailed = {"POST /api/v1/profiles", "send mail", "process notification.recorded"}
    return {span.service for span in spans} == set(NAMES) and mailed <= names


def _is_again(span: Seen) -> bool:
    return span.name.startswith("process ") and span.links == (span.parent,)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        asyncio.run(measure(runs, Path(name)))


if __name__ == "__main__":
    main()
