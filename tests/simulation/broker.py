"""JetStream as it can behave: redelivery, stale acks, reordering, lost acks, a lost store."""

from dataclasses import dataclass, field

from techub_common.envelope import Envelope
from techub_common.errors import Away
from techub_common.streams import CONSUMERS, MAX_DELIVER

from .world import World

ACK_WAIT = 15.0
DEDUPE_WINDOW = 3600.0
BY_SUBJECT = {
    event.subject: [consumer.name for consumer in CONSUMERS if event in consumer.hears]
    for consumer in CONSUMERS
    for event in consumer.hears
}


@dataclass(slots=True)
class Handed:
    """A message in a consumer's hands, for the n-th time."""

    consumer: str
    sequence: int
    envelope: Envelope
    delivered: int
    life: int


@dataclass(slots=True)
class Waiting:
    """A message a consumer has not settled."""

    due_at: float = 0.0
    delivered: int = 0


@dataclass(slots=True)
class Broker:
    """One stream with its consumers; `life` is raised when the whole store is lost."""

    world: World
    life: int = 0
    created_at: float = 0.0
    last: int = 0
    messages: dict[int, Envelope] = field(default_factory=dict)
    seen: dict[str, tuple[int, float]] = field(default_factory=dict)
    waiting: dict[str, dict[int, Waiting]] = field(
        default_factory=lambda: {consumer.name: {} for consumer in CONSUMERS}
    )
    abandoned: int = 0

    async def publish(self, envelope: Envelope) -> tuple[int, bool]:
        """Store it once per Msg-Id and hour; return its sequence and whether it was a twin."""
        await self.world.step()
        if self.world.chance(self.world.away_rate):
            raise Away("not stored")
        stored = self._store(envelope)
        await self.world.step()
        if self.world.chance(self.world.away_rate):
            raise Away("the answer was lost")
        return stored

    def fetch(self, consumer: str) -> Handed | None:
        """Hand over a message that is due, mostly the oldest; none after ten deliveries."""
        due = [n for n, one in self.waiting[consumer].items() if one.due_at <= self.world.now]
        while due:
            rng = self.world.rng
            sequence = due.pop(0 if rng.random() < 0.7 else rng.randrange(len(due)))
            one = self.waiting[consumer][sequence]
            if one.delivered >= MAX_DELIVER:
                del self.waiting[consumer][sequence]  # its advisory may be lost: nobody hears it
                self.abandoned += 1
                continue
            one.delivered += 1
            one.due_at = self.world.now + ACK_WAIT
            return Handed(consumer, sequence, self.messages[sequence], one.delivered, self.life)
        return None

    async def ack(self, handed: Handed) -> None:
        """Settle it, whoever has it now: a stale ack settles a newer delivery."""
        await self.world.step()
        if not self.world.chance(0.02):
            self._settle(handed)

    async def term(self, handed: Handed) -> None:
        """End it for good."""
        await self.world.step()
        self._settle(handed)

    async def nak(self, handed: Handed, seconds: float) -> None:
        """Give it back for later."""
        await self.world.step()
        one = self.waiting[handed.consumer].get(handed.sequence)
        if handed.life == self.life and one is not None:
            one.due_at = self.world.now + seconds

    def floor(self, consumer: str) -> int:
        """Return up to which sequence the consumer has settled everything."""
        return min(self.waiting[consumer], default=self.last + 1) - 1

    def lose(self) -> None:
        """Lose the store: messages, consumers and what the dedupe window knew."""
        self.life += 1
        self.created_at = self.world.now
        self.last = 0
        self.messages.clear()
        self.seen.clear()
        for waiting in self.waiting.values():
            waiting.clear()

    @property
    def drained(self) -> bool:
        """Return whether nobody has anything left to settle."""
        return not any(self.waiting.values())

    def _settle(self, handed: Handed) -> None:
        if handed.life == self.life:
            self.waiting[handed.consumer].pop(handed.sequence, None)

    def _store(self, envelope: Envelope) -> tuple[int, bool]:
        known = self.seen.get(envelope.message_id)
        if known and self.world.now - known[1] < DEDUPE_WINDOW:
            return known[0], True
        self.last += 1
        self.seen[envelope.message_id] = (self.last, self.world.now)
        self.messages[self.last] = envelope
        for consumer in BY_SUBJECT.get(envelope.event.subject, ()):
            self.waiting[consumer][self.last] = Waiting()
        return self.last, False
