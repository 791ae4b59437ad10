"""Tells a fact that is still on its way from one that was lost, by sequences alone.

A fact is told, acknowledged by its consumer, and causes another fact, until the ledger hears of its
effect. Each hop is over when the consumer's ack floor has passed what the stream held when the hop
began. Only when every hop is over and the effect is still unknown has something been lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from techub_common import events
from techub_common.streams import GENERATOR, LEDGER, NOTIFIER, OPTIMIZER, SCREENSHOTTER

LOST_AFTER_SECONDS: Final = 30.0
LONGEST_PAUSE_SECONDS: Final = 3600.0

_ENDED: Final = (NOTIFIER.name, LEDGER.name)
HOPS: Final[Mapping[str, tuple[str, ...]]] = {
    events.PipelineStarted.subject: (GENERATOR.name, OPTIMIZER.name, LEDGER.name),
    events.CaptureRequested.subject: (SCREENSHOTTER.name, OPTIMIZER.name, LEDGER.name),
    events.PipelineCompleted.subject: _ENDED,
    events.PipelinePartial.subject: _ENDED,
    events.PipelineFailed.subject: _ENDED,
}


class Verdict(StrEnum):
    """What a fact without a known effect is doing."""

    waiting = "waiting"
    quiet = "quiet"
    lost = "lost"


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that was told and whose effect is unknown."""

    subject: str
    sequence: int
    tell: int
    told_at: datetime


@dataclass(frozen=True, slots=True)
class RoadState:
    """What JetStream says: the newest sequence, and up to where each consumer has settled."""

    created_at: datetime
    last_sequence: int
    floors: Mapping[str, int]

    def holds(self, told: Told) -> bool:
        """Return whether the stream that stored the fact is still the one there is."""
        return told.sequence <= self.last_sequence and told.told_at >= self.created_at


@dataclass(slots=True)
class Watch:
    """How far a told fact has been seen to come."""

    hop: int = 0
    sequence: int = 0
    quiet_since: float | None = field(default=None)

    def observe(self, told: Told, road: RoadState, now: float) -> Verdict:
        """Return the verdict at `now` (seconds of a steady clock)."""
        if not road.holds(told):
            return self._patience(told, now, first=0.0)
        hops = HOPS[told.subject]
        self.sequence = self.sequence or told.sequence
        while self.hop < len(hops) and road.floors[hops[self.hop]] >= self.sequence:
            self.hop += 1
            self.sequence = road.last_sequence
        if self.hop < len(hops):
            return Verdict.waiting
        return self._patience(told, now, first=LOST_AFTER_SECONDS)

    def _patience(self, told: Told, now: float, first: float) -> Verdict:
        """Wait 30 s before the first re-tell (none for a lost stream), then 1, 2, 4 … min."""
        if self.quiet_since is None:
            self.quiet_since = now
        pause = first if told.tell == 0 else min(LONGEST_PAUSE_SECONDS, 30.0 * 2**told.tell)
        return Verdict.lost if now - self.quiet_since >= pause else Verdict.quiet
