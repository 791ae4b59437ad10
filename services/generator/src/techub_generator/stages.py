"""Runs the stages of one run: each once, its result kept, its story told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

import structlog
from pydantic import BaseModel

from techub_common import tracing
from techub_common.errors import Away, Permanent
from techub_common.events import (
    ARTWORKS,
    Degradation,
    Event,
    ModelCall,
    PipelineStarted,
    StageRecorded,
    StageStatus,
)
from techub_common.storage import ObjectStore
from techub_generator.artifacts import artifact_key, keep, kept
from techub_generator.failures import Place, StageFailed, at
from techub_generator.profile import Fact

log = structlog.get_logger()

PULL: Final = "pull_github_data"
AVATAR: Final = "download_github_avatar"
DESCRIPTION: Final = "describe_avatar"
ELIGIBILITY: Final = "evaluate_eligibility"
SUBMITTED: Final = "ingest_submitted_repositories"
SCRAPE: Final = "record_submitted_scrape"
TRAITS: Final = "generate_ai_profile"
STAGES: Final = (PULL, AVATAR, DESCRIPTION, ELIGIBILITY, SUBMITTED, SCRAPE, TRAITS)


def drawing(kind: str) -> str:
    """Return the stage that draws an artwork of this kind."""
    return f"draw_{kind}"


DRAWINGS: Final = tuple(drawing(kind) for kind in ARTWORKS)
ASKING: Final = (DESCRIPTION, TRAITS, *DRAWINGS)

FIRST_ATTEMPT: Final = 1
STAGE_SECONDS: Final = 35.0  # all of them together stay below the limit of one delivery

SWITCHED_OFF: Final = "Switched off by policy."
OVER_BUDGET: Final = "The day's budget for models is used up."
MOCK: Final = "This run asks no model for anything."
NO_CREDENTIAL: Final = "There is no credential for any model."
LEFT_OUT: Final = "Left out of this run."

R = TypeVar("R", bound=BaseModel)
Tell = Callable[[Event], Awaitable[object]]


class Paid(Fact):
    """What a stage came to that asks models: with every question this run has put for it."""

    calls: tuple[ModelCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """What a stage came to: its result, one sentence about it, and what it lost if it did.

    `skipped` says that there turned out to be nothing to do.
    """

    result: R
    message: str
    lost: str | None = None
    skipped: bool = False

    @property
    def status(self) -> StageStatus:
        """Return how the stage ended."""
        if self.lost:
            return StageStatus.degraded
        return StageStatus.skipped if self.skipped else StageStatus.completed


@dataclass(slots=True)
class Run:
    """One pass over one profile, as far as it has come."""

    event: PipelineStarted
    attempt: int
    store: ObjectStore
    tell: Tell
    login: str = ""
    github_id: int | None = None
    artifacts: dict[str, str] = field(default_factory=dict)
    degradations: list[Degradation] = field(default_factory=list)
    asked: dict[str, tuple[ModelCall, ...]] = field(default_factory=dict)

    @property
    def calls(self) -> tuple[ModelCall, ...]:
        """Return all questions to models this run has asked, in the order of the stages."""
        return tuple(call for name in ASKING for call in self.asked.get(name, ()))

    def identify(self, github_id: int, login: str) -> None:
        """Take over who GitHub says this is."""
        self.github_id, self.login = github_id, login

    async def stage(
        self,
        name: str,
        shape: type[R],
        work: Callable[[], Awaitable[Done[R]]],
        *,
        unless: str | None = None,
        seconds: float = STAGE_SECONDS,
    ) -> R | None:
        """Return the stage's result: made now, or kept by an earlier attempt; None when skipped.

        `unless` is the reason to skip it, when there is one; `seconds` how long it may take.
        """
        started_at, started = datetime.now(UTC), time.monotonic()

        def line(status: StageStatus, message: str | None = None) -> StageRecorded:
            over = status is not StageStatus.started
            return StageRecorded(
                run_id=self.event.run_id,
                login=self.event.login,
                stage=name,
                status=status,
                attempt=self.attempt,
                started_at=started_at,
                duration_ms=_since(started) if over else None,
                message=message,
            )

        if reason := self._left_out(name) or unless:
            skipped = line(StageStatus.skipped, reason)
            # It follows from the event alone: another attempt tells the same line, not a second.
            await self.tell(skipped.model_copy(update={"attempt": FIRST_ATTEMPT}))
            return None
        key = artifact_key(self.event.run_id, name)
        if found := await kept(self.store, key, shape):
            return await self._told(name, key, *found)
        try:
            await self.tell(line(StageStatus.started))
            with tracing.span(f"stage {name}"):
                async with asyncio.timeout(seconds):
                    done = await work()
        except Exception as error:
            # Nothing is swallowed here: whatever it is goes on with the stage it happened at.
            if isinstance(error, Permanent):
                failed = line(StageStatus.failed, str(error))
                await self.tell(failed.model_copy(update={"detail": {"code": error.code}}))
            if not isinstance(error, Away | StageFailed):
                await self._look_back(name)
            placed = at(error, self.place(name, _since(started)))
            if placed is error:
                raise
            raise placed from error
        ended = line(done.status, done.lost or done.message)
        await keep(self.store, key, done.result, ended)
        return await self._told(name, key, done.result, ended)

    async def _told(self, name: str, key: str, result: R, line: StageRecorded) -> R:
        await self.tell(line)
        self._take(name, key, result)
        if line.status is StageStatus.degraded:
            self.lose(name, line.message or name)
        log.info(
            "stage_ended",
            stage=name,
            outcome=str(line.status),
            duration_ms=line.duration_ms,
            resumed=line.attempt != self.attempt,
        )
        return result

    def _take(self, name: str, key: str, result: BaseModel) -> None:
        self.artifacts[name] = key
        if isinstance(result, Paid):
            self.asked[name] = result.calls

    async def _look_back(self, stage: str) -> None:
        """Take in what earlier attempts have asked and this one, ending here, does not come to.

        Before a profile is known to be eligible nobody is asked.
        """
        for name in ASKING if stage not in (PULL, ELIGIBILITY) else ():
            key = artifact_key(self.event.run_id, name)
            if name not in self.artifacts and (found := await kept(self.store, key, Paid)):
                self._take(name, key, found[0])

    def lose(self, name: str, reason: str) -> None:
        """Take down what the run lost at a stage; stages side by side end in any order."""
        self.degradations.append(Degradation(stage=name, reason=reason))
        self.degradations.sort(key=_turn)

    def _left_out(self, name: str) -> str | None:
        options = self.event.options
        wanted = not options.only_stages or name in options.only_stages
        return None if wanted and name not in options.skip_stages else LEFT_OUT

    def place(self, name: str, duration_ms: int = 0) -> Place:
        """Return how far the run has come, as of this stage."""
        return Place(
            stage=name,
            login=self.login or self.event.login,
            github_id=self.github_id,
            artifacts=dict(self.artifacts),
            calls=self.calls,
            duration_ms=duration_ms,
        )


def _turn(degradation: Degradation) -> int:
    known = (*STAGES, *DRAWINGS)
    return known.index(degradation.stage) if degradation.stage in known else len(known)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
