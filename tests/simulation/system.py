"""Everybody together: two notifiers, the gateway, the workers, the road and Resend."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from techub_common.delivery import retry_delay
from techub_common.envelope import handling, seal
from techub_common.errors import Away
from techub_common.events import (
    AssetCaptured,
    AssetRecorded,
    BudgetExhausted,
    CaptureRequested,
    Ended,
    Event,
    HealthChanged,
    MailReported,
    Notify,
)
from techub_common.streams import LEDGER, NOTIFIER, OPTIMIZER, SCREENSHOTTER
from techub_notifier import handlers, sending
from techub_notifier.claiming import close_due_digest
from techub_notifier.rows import Digest, Rows, Tried
from techub_notifier.rules import Owner, State

from .broker import Broker, Handed
from .ledger import Ledger, Run, made_of, optimised, picture_of
from .memory import Memory, MemoryStore, Told
from .provider import Accepted, Provider
from .world import HOUR, Process, World

ALERTS = ("ops@example.com", "boss@example.com")
SLOTS = 8
LONGEST_IDLE = 1800.0
MAX_DELIVER = 10


class Poisoned(Exception):
    """A template asks for what is not given."""


class Letters:
    """Writes mails as short as can be; a new version is deployed now and then."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.poisoned: set[UUID] = set()

    @property
    def version(self) -> int:
        """Return which templates are deployed: another set every seven minutes."""
        return int(self.world.now // 420)

    def frozen(self, event: Ended, notice: Any, delivery_id: UUID) -> str:
        """Write the mail to one owner or operator."""
        if event.run_id in self.poisoned:
            raise Poisoned
        return self._written(notice.address, delivery_id, run=str(event.run_id))

    def summary(self, event: Ended) -> dict[str, str]:
        """Say what a digest says of the run."""
        if event.run_id in self.poisoned:
            raise Poisoned
        return {"run": str(event.run_id)}

    def digest(self, digest: Digest) -> str:
        """Write the mail about many runs."""
        runs = [each["run"] for each in digest.summaries]
        return self._written(digest.address, digest.id, runs=runs)

    def bounced(self, event: MailReported, notice: Any, about: UUID, delivery_id: UUID) -> str:
        """Write the mail about an address."""
        del event
        return self._written(notice.address, delivery_id, about=str(about))

    def budget(self, event: BudgetExhausted, notice: Any, delivery_id: UUID) -> str:
        """Write the mail about money."""
        return self._written(notice.address, delivery_id, day=str(event.day))

    def health(self, event: HealthChanged, notice: Any, delivery_id: UUID) -> str:
        """Write the mail about our own health."""
        return self._written(notice.address, delivery_id, probe=event.probe)

    def _written(self, address: str, delivery_id: UUID, **more: Any) -> str:
        return json.dumps({"to": [address], "id": str(delivery_id), "v": self.version, **more})


class Store(MemoryStore):
    """Memory whose transactions take time, may be away, and may commit without an answer."""

    def __init__(self, kept: Memory, world: World) -> None:
        super().__init__(kept)
        self._world = world

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Rows]:
        """Yield the rows between two steps."""
        await self._world.step()
        if self._world.chance(self._world.away_rate):
            raise Away("the database does not answer")
        async with super().transaction() as rows:
            yield rows
        await self._world.step()
        if self._world.chance(self._world.away_rate):
            raise Away("nobody knows whether it committed")


@dataclass(slots=True)
class Order:
    """The order of steps in the plumbing; a mutant turns one of them round."""

    ack_first: bool = False
    term_first: bool = False
    mark_first: bool = False
    stale_count: bool = False


@dataclass(slots=True)
class Grave:
    """Dead letters, and messages that were ended."""

    letters: set[tuple[int, int]] = field(default_factory=set)
    ended: set[tuple[int, int]] = field(default_factory=set)


class System:
    """One seed's world with everybody in it."""

    def __init__(self, seed: int, order: Order | None = None) -> None:
        self.world = World(seed)
        self.order = order or Order()
        self.broker = Broker(self.world)
        self.ledger = Ledger(self.world, self.broker)
        self.memory = Memory(lambda: self.world.now, self.world.uuid)
        self.store = Store(self.memory, self.world)
        self.letters = Letters(self.world)
        self.provider = Provider(self.world, self._reported)
        self.provider.prepare()
        self.grave = Grave()
        self.losses = 0
        self._raised: dict[int, int] = {}
        self._people()
        self._trouble()
        processes = [
            Process("notifier-1", self._notifier),
            Process("notifier-2", self._notifier),
            Process("gateway", self._gateway),
            Process("workers", self._workers),
        ]
        for process in processes:
            self.world.start(process)

    def _people(self) -> None:
        world, rng = self.world, self.world.rng
        bad = set()
        self.memory.per_second = rng.choice((0.0, 0.0, 2.0))
        burst = rng.random() < 0.08
        self.poison = rng.choice((0.0, 0.0, 0.0, 0.7))  # a bad set of templates
        profiles = [world.uuid() for _ in range(8 if burst else rng.randint(1, 3))]
        for number, profile in enumerate(profiles):
            people = []
            for who in range(rng.choice((1, 1, 2, 3))):
                address = f"p{number}-{who}@example.com"
                if rng.random() < 0.05:
                    bad.add(address)
                fine = rng.random() < 0.9
                people.append(Owner(world.uuid(), address, fine, rng.random() < 0.9))
            self.memory.owners[profile] = people
        self.provider.bad = frozenset(bad)
        for number in range(rng.randint(28, 32) if burst else rng.randint(1, 4)):
            profile = rng.choice(profiles) if not burst else profiles[number % len(profiles)]
            at = rng.choice((0.0, rng.uniform(0, 300), rng.uniform(0, 3 * HOUR)))
            self._submit_later(number, profile, 40.0 * number if burst else at, failing=burst)

    def _submit_later(self, number: int, profile: UUID, at: float, *, failing: bool) -> None:
        world, rng = self.world, self.world.rng
        kinds = ("og", "card")[: rng.randint(1, 2)]
        run = Run(
            id=world.uuid(),
            profile_id=profile,
            login=f"run-{number}",
            notify=rng.choice((Notify.owners, Notify.owners, Notify.owners, Notify.ops)),
            fate={kind: rng.random() < 0.85 for kind in kinds},
            card=not failing and rng.random() < 0.75,
            poor=rng.random() < 0.2,
            created_at=at,
            progress_at=at,
        )
        if rng.random() < self.poison:
            self.letters.poisoned.add(run.id)
        world.later(at, lambda: self.ledger.submit(run))

    def _trouble(self) -> None:
        rng = self.world.rng
        if rng.random() < 0.2:
            self.world.later(rng.uniform(0, 1200), self._lose_the_store)
        if rng.random() < 0.3:
            self.world.later(rng.uniform(0, 2 * HOUR), self._change_minds)

    def _lose_the_store(self) -> None:
        self.losses += 1
        self.broker.lose()

    def _change_minds(self) -> None:
        for people in self.memory.owners.values():
            people[:] = [
                Owner(one.user_id, f"new-{one.address}", one.verified, not one.wants_mail)
                for one in people
            ]

    def _reported(self, accepted: Accepted, kind: str) -> None:
        if not (delivery_id := accepted.payload.get("id")):
            return
        report = MailReported(
            run_id=uuid5(NAMESPACE_URL, accepted.id),
            login="-",
            report_id=f"{accepted.id}-{kind}",
            provider_id=accepted.id,
            delivery_id=UUID(delivery_id),
            reported=kind,  # type: ignore[arg-type]
            hard=kind == "bounced",
        )
        self.ledger.hear_report(report)

    def _notifier(self, process: Process) -> list[Coroutine[Any, Any, None]]:
        return [
            self._listen(NOTIFIER.name, self._notify),
            self._send(process),
            self._relay(self.memory.outbox),
        ]

    def _gateway(self, _: Process) -> list[Coroutine[Any, Any, None]]:
        self.ledger.watches, self.ledger.moving = {}, {}
        return [
            self._listen(LEDGER.name, self._keep),
            self._listen(LEDGER.name, self._keep),
            self._relay(self.ledger.outbox),
            self._sweep(),
        ]

    def _workers(self, _: Process) -> list[Coroutine[Any, Any, None]]:
        return [
            self._listen("generator", self._generate),
            self._listen(SCREENSHOTTER.name, self._capture),
            self._listen(OPTIMIZER.name, self._optimise),
        ]

    async def _notify(self, event: Event) -> None:
        woken = SimpleNamespace(wake=lambda: None)
        resources: Any = SimpleNamespace(
            store=self.store,
            letters=self.letters,
            alert_addresses=ALERTS,
            sender=woken,
            mailer=self.provider,
        )
        await handlers.notify(event, resources)

    async def _keep(self, event: Event) -> None:
        ledger = self.ledger
        if not self.order.stale_count:
            await ledger.commit(lambda: ledger.keep(event))
            return
        run = ledger.runs[event.run_id]
        before = dict(run.pictures)
        await self.world.step()

        def effect() -> None:
            if not isinstance(event, AssetRecorded) or run.pictures.get(event.kind) != "open":
                ledger.keep(event)
            elif ledger.first_time(event):
                run.pictures[event.kind] = before[event.kind] = "recorded"
                ledger.close_if_over(run, before)

        await ledger.commit(effect)

    async def _generate(self, event: Event) -> None:
        await self._tell(made_of(self.ledger.runs[event.run_id]))

    async def _capture(self, event: Event) -> None:
        assert isinstance(event, CaptureRequested)
        await self._tell(picture_of(self.ledger.runs[event.run_id], event))

    async def _optimise(self, event: Event) -> None:
        assert isinstance(event, AssetCaptured)
        await self._tell(optimised(event))

    async def _tell(self, event: Event) -> None:
        await self.broker.publish(seal(event, "/services/worker"))

    async def _listen(self, consumer: str, work: Callable[[Event], Awaitable[None]]) -> None:
        """Pull one message at a time, work on it, and settle it."""
        idle = 0.05
        while True:
            handed = self.broker.fetch(consumer)
            if handed is None:
                await self.world.step(idle)
                idle = self._longer(idle)
                continue
            idle = 0.05
            with handling(handed.envelope):
                await self._handle(handed, work)

    async def _handle(self, handed: Handed, work: Callable[[Event], Awaitable[None]]) -> None:
        event = handed.envelope.event
        if self.order.ack_first:
            await self.broker.ack(handed)
        try:
            await self.world.until_back(lambda: work(event))
        except Poisoned as error:
            await self._failed(handed, error)
            return
        if not self.order.ack_first:
            await self.broker.ack(handed)

    async def _failed(self, handed: Handed, error: Exception) -> None:
        raised = self._raised[handed.sequence] = self._raised.get(handed.sequence, 0) + 1
        delay = retry_delay(error, raised, NOTIFIER.attempts)
        if delay is not None and handed.delivered < MAX_DELIVER:
            await self.broker.nak(handed, 2.0**raised)
            return
        message = (handed.life, handed.sequence)
        if self.order.term_first:
            await self._end(handed)
        await self.world.step()
        self.grave.letters.add(message)
        if not self.order.term_first:
            await self._end(handed)

    async def _end(self, handed: Handed) -> None:
        await self.broker.term(handed)
        self.grave.ended.add((handed.life, handed.sequence))

    async def _send(self, process: Process) -> None:
        """Take what is due and try it, as the sender does."""
        waiting: list[Tried] = []

        async def settled(tried: Tried) -> bool:
            """Settle all that wait by the next step; who finds nothing was settled with another."""
            waiting.append(tried)
            await self.world.step()
            together = waiting.copy()
            waiting.clear()
            if not together:
                return True
            kept = await self.world.until_back(lambda: sending.settle(self.store, together))
            return tried in kept

        trying = sending.Sending(self.provider, settled, lambda: self.world.now)
        idle = 0.05
        while True:
            due = self._due()
            if State.gathering in due:
                await self.world.until_back(self._close_digest)
            wait = None
            if State.pending in due:
                took = await self.world.until_back(self._take)
                wait = took.wait
                for taken in took.taken:
                    self.world.spawn(process, sending.deliver(taken, self.world.now, trying))
            idle = 0.05 if due else self._longer(idle)
            await self.world.step(wait if wait is not None else idle)

    def _due(self) -> set[State]:
        """Return which looks are worth it: a look that finds nothing tells us nothing."""
        now = self.world.now
        return {
            one.state
            for one in self.memory.deliveries.values()
            if one.settled_at is None and one.due_at <= now and one.leased_until <= now
        }

    async def _take(self) -> Any:
        async with self.store.transaction() as rows:
            return await rows.take(SLOTS)

    async def _close_digest(self) -> bool:
        async with self.store.transaction() as rows:
            letters: Any = self.letters
            return await close_due_digest(rows, letters)

    async def _relay(self, outbox: list[Told]) -> None:
        """Publish what is committed, and note where it was stored."""
        idle = 0.05
        while True:
            due = [row for row in outbox if row.told_at is None][:20]
            for row in due:
                try:
                    await self._relay_row(row)
                except Away:
                    await self.world.step(0.5)
            idle = 0.05 if due else self._longer(idle)
            await self.world.step(idle)

    async def _relay_row(self, row: Told) -> None:
        if self.order.mark_first:
            row.told_at, row.sequence = self.world.now, self.broker.last + 1
        row.tries += 1
        sequence, twin = await self.broker.publish(row.envelope)
        if twin and row.tries == 1 and row.envelope.tell:
            self.swallowed = row.envelope
        row.told_at, row.sequence = self.world.now, sequence

    swallowed: Any = None
    busy_until = 400.0
    poison = 0.0

    async def _sweep(self) -> None:
        """Look every few seconds, less often while little happens."""
        pause = 5.0
        while True:
            await self.world.step(pause)
            before = self.ledger.retold, len(self.ledger.outbox), len(self.provider.accepted)
            self.ledger.sweep()
            after = self.ledger.retold, len(self.ledger.outbox), len(self.provider.accepted)
            pause = 5.0 if before != after else min(pause * 1.5, LONGEST_IDLE)
            self.world.over = self._is_over()

    def _longer(self, idle: float) -> float:
        return min(idle * 6, LONGEST_IDLE if self.world.now > self.busy_until else 60.0)

    def _is_over(self) -> bool:
        """Return whether nothing will happen any more."""
        if self.world.now < 3 * HOUR + 1800 or not self.broker.drained:
            return False
        if any(row.told_at is None for row in [*self.ledger.outbox, *self.memory.outbox]):
            return False
        if any(
            one.state in (State.pending, State.gathering) for one in self.memory.deliveries.values()
        ):
            return False
        return all(
            run.notified is not None or run.id in self.letters.poisoned
            for run in self.ledger.runs.values()
        ) and not any(run.status.is_open for run in self.ledger.runs.values())
