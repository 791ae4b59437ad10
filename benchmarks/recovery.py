"""How soon every service hears again after the broker was killed, and what it costs to wait for it.

`python benchmarks/recovery.py [--rounds 20]` prints Markdown. The five real services on the
embedded stack. Each round kills the broker with SIGKILL and starts it again, at once or after two
seconds; as soon as it accepts a publish, each consumer is sent a message nobody can read, which it
fetches, buries (a publish of its own) and ends. The time runs from the PubAck to that ending, which
is read off the wire (`$JS.ACK`). Then the broker is away for twenty seconds.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from processes import ALL, look

from techub_common.streams import CONSUMERS, EVENTS
from techub_devstack.services import NAMES, free_ports
from techub_devstack.stack import Stack, Wanted, running_stack

TARGET = 2.0
PAUSES = (0.0, 2.0)
HEARD_WITHIN = 8.0
AWAY_SECONDS = 20.0
IDLE_TARGET = 0.02
LONGEST = 170.0

Settled = dict[str, float]


@dataclass(frozen=True, slots=True)
class Round:
    """How long the broker stayed away, and the seconds until each consumer had settled."""

    pause: float
    accepted: float
    heard: dict[str, float]

    @property
    def slowest(self) -> float:
        """Return the seconds of the last consumer."""
        return max(self.heard.get(consumer.name, float("inf")) for consumer in CONSUMERS)


class Wire:
    """Sees which messages were settled, whoever settled them, and when."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.js = client.jetstream()
        self._settled: dict[tuple[str, int], float] = {}
        self._more = asyncio.Event()

    async def watch(self) -> None:
        """See every acknowledgement from now on, over restarts of the broker."""
        await self.client.subscribe(f"$JS.ACK.{EVENTS}.>", cb=self._see)

    async def ask_all(self) -> tuple[float, dict[str, int], dict[str, float]]:
        """Send each consumer a message of its own, once the broker takes it.

        Return the seconds until the first was taken, the sequences, and when each was.
        """
        started = time.perf_counter()
        sequences, taken = {}, {}
        first = 0.0
        for consumer in CONSUMERS:
            sequences[consumer.name] = await self._publish(consumer.subjects[0])
            taken[consumer.name] = time.perf_counter()
            first = first or taken[consumer.name] - started
        return first, sequences, taken

    async def settled(self, sequences: dict[str, int]) -> dict[str, float]:
        """Return when each was settled, without those that were not within 8 s."""
        wanted = set(sequences.items())
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARD_WITHIN):
                while not wanted <= self._settled.keys():
                    self._more.clear()
                    await self._more.wait()
        return {
            name: self._settled[name, sequence] for name, sequence in wanted & self._settled.keys()
        }

    async def _publish(self, subject: str) -> int:
        while True:
            try:
                headers = {"Nats-Msg-Id": str(uuid4())}
                ack = await self.js.publish(subject, b"{}", timeout=0.5, headers=headers)
            except (NatsError, TimeoutError):
                await asyncio.sleep(0.02)
            else:
                return ack.seq

    async def _see(self, message: Msg) -> None:
        if message.data.startswith((b"+WPI", b"-NAK")):
            return
        # $JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.…
        _, _, _, consumer, _, sequence, *_ = message.subject.split(".")
        self._settled[consumer, int(sequence)] = time.perf_counter()
        self._more.set()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    """Yield a client that is back as soon as the broker is."""

    async def quiet(_: Exception) -> None:
        return

    client = await nats.connect(
        url, max_reconnect_attempts=-1, reconnect_time_wait=0.02, error_cb=quiet
    )
    try:
        yield client
    finally:
        await client.close()


async def one_round(stack: Stack, wire: Wire, pause: float) -> Round:
    """Kill the broker, start it again, and wait until all five have heard."""
    await stack.nats.kill()
    await asyncio.sleep(pause)
    await stack.nats.start()
    accepted, sequences, taken = await wire.ask_all()
    settled = await wire.settled(sequences)
    return Round(pause, accepted, {name: at - taken[name] for name, at in settled.items()})


async def idle(stack: Stack) -> dict[str, float]:
    """Return which part of a core each service uses while the broker is away."""
    pids = {name: stack.services[name].pid for name in NAMES}
    await stack.nats.kill()
    await asyncio.sleep(1)
    before = look(pids)
    await asyncio.sleep(AWAY_SECONDS)
    used = look(pids).since(before)
    await stack.nats.start()
    return used


async def measure(rounds: int, folder: Path) -> tuple[list[Round], dict[str, float]]:
    """Return every round, and what waiting costs; raise TimeoutError after three minutes."""
    wanted = Wanted(var=folder / "var", http_port=free_ports(1)[0])
    async with (
        asyncio.timeout(LONGEST),
        running_stack(wanted, lambda *_: None) as stack,
        connected(stack.nats.url) as client,
    ):
        wire = Wire(client)
        await wire.watch()
        done = [
            await one_round(stack, wire, PAUSES[number % len(PAUSES)]) for number in range(rounds)
        ]
        return done, await idle(stack)


def show(rounds: list[Round], used: dict[str, float]) -> None:
    """Print the tables."""
    print(f"\n{len(rounds)} rounds, five consumers each; seconds from PubAck to handled\n")
    print("| broker back | p50 of the slowest | max | all five ≤ 2 s | target |")
    print("|---|---:|---:|---:|---:|")
    for pause in PAUSES:
        slowest = [one.slowest for one in rounds if one.pause == pause]
        if not slowest:
            continue
        reached = sum(seconds <= TARGET for seconds in slowest)
        when = f"after {pause:.0f} s" if pause else "at once"
        print(
            f"| {when} | {statistics.median(slowest):.2f} | {max(slowest):.2f} "
            f"| {reached} of {len(slowest)} | {len(slowest)} |"
        )
    print("\n| consumer | p50 | max |")
    print("|---|---:|---:|")
    for consumer in CONSUMERS:
        heard = [one.heard.get(consumer.name, float("inf")) for one in rounds]
        print(f"| {consumer.name} | {statistics.median(heard):.2f} | {max(heard):.2f} |")
    starts = statistics.median(one.accepted for one in rounds)
    print(f"\nThe broker took the first publish {starts:.2f} s after its start (p50).")
    print(f"\nBroker away for {AWAY_SECONDS:.0f} s: % of a core, target {IDLE_TARGET:.0%} each\n")
    names = [name for name in used if name != ALL]
    print("| " + " | ".join(names) + " |")
    print("|" + "---:|" * len(names))
    print("| " + " | ".join(f"{used[name]:.1%}" for name in names) + " |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        show(*asyncio.run(measure(rounds, Path(name))))


if __name__ == "__main__":
    main()
