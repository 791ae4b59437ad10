"""The gateway's side: runs, outbox, relay and sweep, on the same rules as in service."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from techub_api.runs.closing import ENDINGS
from techub_api.runs.rules import may_capture, outcome
from techub_api.runs.status import Status
from techub_api.sweep.watching import RoadState, Told, Verdict, Watch
from techub_common.envelope import Envelope, seal
from techub_common.errors import Away
from techub_common.events import (
    AssetCaptured,
    AssetFailed,
    AssetRecorded,
    CaptureRequested,
    CardFailed,
    CardGenerated,
    Degradation,
    Ended,
    Event,
    MailReported,
    NotificationRecorded,
    Notify,
    PipelineStarted,
    RunError,
    Trigger,
    derived_id,
)
from techub_common.streams import CONSUMERS

from . import memory
from .broker import Broker
from .world import HOUR, Violation, World

SOURCE = "/services/api"
DEADLINE = 600.0
LONGEST_RUN = 24 * HOUR


@dataclass(slots=True)
class Run:
    """A run, and what it will come to when nothing gets in its way."""

    id: UUID
    profile_id: UUID
    login: str
    notify: Notify
    fate: dict[str, bool]
    card: bool
    poor: bool
    created_at: float
    progress_at: float
    status: Status = Status.running
    card_ready: bool = False
    pictures: dict[str, str] = field(default_factory=dict)
    requested: set[str] = field(default_factory=set)
    degradations: list[Degradation] = field(default_factory=list)
    overdue: bool = False
    ended: list[Ended] = field(default_factory=list)
    notified: dict[str, int] | None = None
    notified_times: int = 0


class Ledger:
    """What the gateway keeps; every effect is one transaction."""

    def __init__(self, world: World, broker: Broker) -> None:
        self.world = world
        self.broker = broker
        self.inbox: set[UUID] = set()
        self.runs: dict[UUID, Run] = {}
        self.outbox: list[memory.Told] = []
        self.written: set[tuple[UUID, int]] = set()
        self.newest: dict[UUID, memory.Told] = {}
        self.watches: dict[tuple[UUID, int], Watch] = {}
        self.moving: dict[UUID, float] = {}
        self.retold = 0

    async def commit(self, effect: Callable[[], None]) -> None:
        """Do it in a transaction; it may be away, or commit without anybody hearing of it."""
        await self.world.step()
        if self.world.chance(self.world.away_rate):
            raise Away("the database does not answer")
        effect()
        await self.world.step()
        if self.world.chance(self.world.away_rate):
            raise Away("nobody knows whether it committed")

    def tell(self, event: Event) -> None:
        """Write the fact into the outbox; the unique key refuses a twin."""
        envelope = seal(event, SOURCE)
        key = (event.id, envelope.tell)
        if key in self.written:
            raise Violation(f"{event.subject} of {event.run_id} is written twice")
        self.written.add(key)
        self._write(event.id, envelope)

    def submit(self, run: Run) -> None:
        """Begin a run unless the profile has an open one."""
        if any(
            one.profile_id == run.profile_id and one.status.is_open for one in self.runs.values()
        ):
            return
        self.runs[run.id] = run
        self.tell(
            PipelineStarted.model_construct(
                run_id=run.id, login=run.login, profile_id=run.profile_id, trigger=Trigger.submit
            )
        )

    def hear_report(self, report: MailReported) -> None:
        """Take a webhook in, once."""
        if report.id not in self.inbox:
            self.inbox.add(report.id)
            self.tell(report)

    def first_time(self, event: Event) -> bool:
        """Claim the event's id."""
        if event.id in self.inbox:
            return False
        self.inbox.add(event.id)
        return True

    def keep(self, event: Event) -> None:
        """Act on a fact once."""
        if self.first_time(event):
            self.act(self.runs[event.run_id], event)

    def act(self, run: Run, event: Event) -> None:
        """Bring the run up to date with one fact."""
        run.progress_at = self.world.now
        match event:
            case CardGenerated():
                if run.status.is_open and not run.card_ready:
                    run.card_ready = True
                    run.degradations += event.degradations
                    run.pictures = dict.fromkeys(run.fate, "open")
                    self._ask_for_pictures(run)
                    self.close_if_over(run, run.pictures)
            case CardFailed():
                error = RunError(stage=event.stage, code=event.code, message=event.message)
                self.close(run, Status.failure, error)
            case AssetRecorded():
                self.settle_picture(run, event.kind, "recorded")
            case AssetFailed():
                if run.status.is_open:
                    lost = Degradation(stage=f"capture:{event.kind}", reason=event.message)
                    run.degradations.append(lost)
                self.settle_picture(run, event.kind, "failed")
            case NotificationRecorded():
                run.notified = {str(name): count for name, count in event.counts.items()}
                run.notified_times += 1
            case _:
                pass

    def settle_picture(self, run: Run, kind: str, state: str) -> None:
        """Note what became of a picture, and end the run when it was the last."""
        if run.pictures.get(kind) == "open":
            run.pictures[kind] = state
        self.close_if_over(run, run.pictures)

    def close_if_over(self, run: Run, pictures: dict[str, str]) -> None:
        """End the run when nothing is owed any more."""
        ending = outcome(
            card_ready=run.card_ready, pictures=pictures, degradations=run.degradations
        )
        if ending is not None:
            self.close(run, *ending)

    def close(self, run: Run, status: Status, error: RunError | None) -> None:
        """End an open run and tell it; one that has ended stays as it is."""
        if not run.status.is_open:
            return
        run.status = status
        ended = ENDINGS[status](
            run_id=run.id,
            login=run.login,
            profile_id=run.profile_id,
            trigger=Trigger.submit,
            notify=run.notify,
            duration_ms=0,
            degradations=tuple(run.degradations),
            error=error,
        )
        run.ended.append(ended)
        self.tell(ended)

    def owed(self) -> dict[UUID, UUID]:
        """Return event id → run id of every told fact whose effect is unknown."""
        owed: dict[UUID, UUID] = {}
        for run in self.runs.values():
            if run.status is Status.running:
                if not run.card_ready:
                    owed[fact(run.id, PipelineStarted.type)] = run.id
                for kind in run.requested:
                    if run.pictures[kind] == "open":
                        owed[fact(run.id, CaptureRequested.type, kind)] = run.id
            elif run.notified is None:
                owed[fact(run.id, run.ended[0].type)] = run.id
        return owed

    def sweep(self) -> None:
        """Tell again what was lost, and end what stands still."""
        now = self.world.now
        owed = self.owed()
        if not owed:
            self._end_what_stands_still(set())
            return
        floors = {one.name: self.broker.floor(one.name) for one in CONSUMERS}
        road: Any = RoadState(self.broker.created_at, self.broker.last, floors)  # type: ignore[arg-type]
        waiting = set()
        watches = {}
        for event_id, run_id in owed.items():
            row = self.newest.get(event_id)
            if row is None or row.told_at is None or row.sequence is None:
                continue
            key = (event_id, row.envelope.tell)
            watch = watches[key] = self.watches.get(key) or Watch()
            moment: Any = row.told_at
            told = Told(row.envelope.event.subject, row.sequence, row.envelope.tell, moment)
            verdict = watch.observe(told, road, now)
            if verdict is Verdict.waiting:
                waiting.add(run_id)
            elif verdict is Verdict.lost:
                self.tell_again(row)
        self.watches = watches
        self._end_what_stands_still(waiting)

    def tell_again(self, row: memory.Told) -> None:
        """Add a further tell of a written fact, with a raised tell."""
        run = self.runs[row.envelope.event.run_id]
        ended = isinstance(row.envelope.event, Ended)
        if not ended and not run.status.is_open:
            raise Violation(f"{row.envelope.event.subject} of a closed run is told again")
        envelope = replace(row.envelope, tell=self.raised(row.envelope.tell))
        key = (envelope.event.id, row.envelope.tell + 1)
        if key not in self.written:
            self.written.add(key)
            self._write(envelope.event.id, envelope)
            self.retold += 1

    def _write(self, event_id: UUID, envelope: Envelope) -> None:
        row = memory.Told(envelope)
        self.outbox.append(row)
        newest = self.newest.get(event_id)
        if newest is None or envelope.tell >= newest.envelope.tell:
            self.newest[event_id] = row

    def raised(self, tell: int) -> int:
        """Return the next tell, which the dedupe window lets pass."""
        return tell + 1

    def _ask_for_pictures(self, run: Run) -> None:
        if may_capture(card_ready=run.card_ready, pictures=run.pictures):
            for kind in run.fate:
                run.requested.add(kind)
                self.tell(
                    CaptureRequested.model_construct(run_id=run.id, login=run.login, variant=kind)
                )

    def _end_what_stands_still(self, waiting: set[UUID]) -> None:
        now = self.world.now
        for run in self.runs.values():
            if run.status is not Status.running:
                continue
            if run.card_ready and "open" not in run.pictures.values():
                raise Violation(f"run {run.id} is open with nothing owed")
            if run.id in waiting:
                self.moving[run.id] = now
            seen = self.moving.get(run.id)
            still = min(now - run.progress_at, now - seen if seen is not None else 1e9)
            if still > DEADLINE or now - run.created_at > LONGEST_RUN:
                run.overdue = True
                recorded = "recorded" in run.pictures.values()
                run.degradations.append(Degradation(stage="pipeline", reason="overdue"))
                error = RunError(stage="pipeline", code="deadline", message="overdue")
                if recorded:
                    self.close(run, Status.partial_success, None)
                else:
                    self.close(run, Status.failure, error)


@lru_cache(4096)
def fact(run_id: UUID, kind: str, key: str = "") -> UUID:
    """Return the id of a fact; it is asked for again and again."""
    return derived_id(run_id, kind, key)


def made_of(run: Run) -> Event:
    """Return what the generator tells of the run."""
    if not run.card:
        return CardFailed.model_construct(
            run_id=run.id, login=run.login, stage="s", code="github_login_unknown", message="m"
        )
    lost = (Degradation(stage="generate_ai_profile", reason="no answer"),) if run.poor else ()
    return CardGenerated.model_construct(run_id=run.id, login=run.login, degradations=lost)


def picture_of(run: Run, requested: CaptureRequested) -> Event:
    """Return what the screenshotter tells of a picture."""
    kind = requested.variant
    if run.fate[kind]:
        return AssetCaptured.model_construct(run_id=run.id, login=run.login, kind=kind)
    return AssetFailed.model_construct(
        run_id=run.id,
        login=run.login,
        kind=kind,
        stage="capture",
        code="c",
        message="m",
        attempts=1,
    )


def optimised(captured: AssetCaptured) -> Event:
    """Return what the optimizer tells of a picture."""
    return AssetRecorded.model_construct(
        run_id=captured.run_id, login=captured.login, kind=captured.kind, provider="p"
    )


def expected(run: Run) -> Status:
    """Return how the run ends when nothing gets in its way."""
    if not run.card or not any(run.fate.values()):
        return Status.failure
    whole = all(run.fate.values()) and not run.poor
    return Status.success if whole else Status.partial_success
