"""An error that knows at which stage of which account it happened."""

from dataclasses import dataclass, field

from techub_common.errors import Away, Permanent, Transient
from techub_common.events import ModelCall


@dataclass(frozen=True, slots=True)
class Place:
    """How far a run had come."""

    stage: str
    login: str
    github_id: int | None = None
    artifacts: dict[str, str] = field(default_factory=dict)
    calls: tuple[ModelCall, ...] = ()
    duration_ms: int = 0


class StageFailed(Exception):
    """Something went wrong at `place`; what, says the class it is mixed with."""

    place: Place


class StageRefused(StageFailed, Permanent):
    """No repetition of the stage can help."""


class StageTroubled(StageFailed, Transient):
    """Another try at the stage may help."""


class StageBroken(StageFailed):
    """Nobody foresaw this; the cause says what happened."""


def at(error: Exception, place: Place) -> Exception:
    """Return the error with its place; what is ours and away has none, it is waited for."""
    if isinstance(error, Away | StageFailed):
        return error
    placed = _placed(error)
    placed.place = place
    return placed


def _placed(error: Exception) -> StageFailed:
    if isinstance(error, Permanent):
        return StageRefused(str(error), code=error.code, detail=error.detail)
    if isinstance(error, Transient):
        return StageTroubled(str(error), code=error.code, retry_after=error.retry_after)
    if isinstance(error, TimeoutError):
        return StageTroubled("This took longer than it may.", code="timed_out")
    return StageBroken(f"{type(error).__name__}: {error}")
