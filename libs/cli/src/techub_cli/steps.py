"""A run as its operator follows it: which event settles which step, and how it all ended."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from techub_cli.screen import size
from techub_cli.telling import degraded, smaller
from techub_common import events
from techub_common.events import FROM_OUTSIDE, Event, StageStatus

ENDINGS: Final[dict[type[Event], tuple[str, int]]] = {
    events.PipelineCompleted: ("completed", 0),
    events.PipelineFailed: ("failed", 1),
    events.PipelinePartial: ("partial", 3),
    events.PipelineCanceled: ("canceled", 4),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step that came to something."""

    name: str
    status: str
    duration_ms: int | None = None
    note: str = ""


@dataclass(slots=True)
class Story:
    """What has been heard of one run so far: each fact counts once, however often it is told."""

    _heard: set[UUID] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)
    under_way: list[str] = field(default_factory=list)
    ending: Event | None = None
    is_told: bool = False

    @property
    def outcome(self) -> tuple[str, int]:
        """Return how the run ended, and the exit code for it."""
        return ENDINGS[type(self.ending)] if self.ending else ("running", 1)

    @property
    def is_over(self) -> bool:
        """Return whether nothing more will come: it ended, and those to be told were told."""
        return self.is_told or isinstance(self.ending, events.PipelineCanceled)

    def hear(self, event: Event) -> Step | None:
        """Take in a fact; return the step it settled, once."""
        if event.id in self._heard:
            return None
        self._heard.add(event.id)
        if type(event) in ENDINGS:
            self.ending = event
            self.under_way.clear()
        self.is_told = self.is_told or isinstance(event, events.NotificationRecorded)
        self._begin(event)
        step = step_of(event)
        if step is None or (step.status == "failed" and step.name in self._failed):
            return None
        if step.status == "failed":
            self._failed.add(step.name)
        self.under_way[:] = [name for name in self.under_way if name != step.name]
        return step

    def _begin(self, event: Event) -> None:
        match event:
            case events.StageRecorded(status=StageStatus.started, stage=stage):
                self.under_way.append(stage)
            case events.CaptureRequested(variant=variant):
                self.under_way.append(f"capture:{variant}")
            case events.AssetCaptured(kind=kind):
                self.under_way.append(f"optimize:{kind}")
            case _:
                pass


def step_of(event: Event) -> Step | None:
    """Return the step this fact settles, by the ledger's name of it; None when it settles none."""
    match event:
        case events.StageRecorded() if event.status is not StageStatus.started:
            return Step(event.stage, str(event.status), event.duration_ms, event.message or "")
        case events.CardFailed():
            return Step(event.stage, "failed", None, f"{event.code}: {event.message}")
        case events.NotificationRecorded():
            counts = ", ".join(f"{name} {count}" for name, count in event.counts.items() if count)
            return Step("notify", "completed", None, counts or "nobody to tell")
        case _:
            return _picture(event)


def _picture(event: Event) -> Step | None:
    match event:
        case events.AssetCaptured() if event.kind not in FROM_OUTSIDE:
            note = f"{event.width}x{event.height}, {size(event.bytes)}"
            return Step(f"capture:{event.kind}", "completed", event.duration_ms, note)
        case events.AssetRecorded():
            note = degraded(event.degradations) or smaller(event.bytes_before, event.renditions)
            status = "degraded" if event.degradations else "completed"
            return Step(f"optimize:{event.kind}", status, event.duration_ms, note)
        case events.AssetFailed():
            note = f"{event.code}: {event.message}"
            return Step(f"{event.stage}:{event.kind}", "failed", None, note)
        case _:
            return None
