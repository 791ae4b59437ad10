"""What the generator tells."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal

from techub_common.events.base import Event, Part
from techub_common.events.pipeline import Degradation
from techub_common.traits import CardTraits


class StageStatus(StrEnum):
    """How one attempt at a stage stands."""

    started = "started"
    completed = "completed"
    degraded = "degraded"
    failed = "failed"
    skipped = "skipped"
    retrying = "retrying"


class StageRecorded(Event):
    """A line of the story; late, twice or never changes no outcome."""

    subject: ClassVar[str] = "stage.recorded"
    type: ClassVar[str] = "techub.stage.recorded.v1"

    stage: str
    status: StageStatus
    attempt: int = 1
    started_at: datetime
    duration_ms: int | None = None
    message: str | None = None
    detail: dict[str, Any] = {}

    def key(self) -> str:
        """Return stage, status and attempt."""
        return f"{self.stage}/{self.status}/{self.attempt}"


class Section(StrEnum):
    """What became of one section of the GitHub data."""

    read = "read"
    kept = "kept"
    cleared = "cleared"


class AvatarState(StrEnum):
    """What became of the avatar.

    `sent`: an asset event about it exists. `absent`: there is none. `failed`: there is one, but it
    could not be fetched. `kept`: the run left it out. After the last two the old one stays.
    """

    sent = "sent"
    absent = "absent"
    failed = "failed"
    kept = "kept"


class ModelCall(Part):
    """One question to a model, answered or not, and what it took.

    `purpose` is traits, description or artwork; `outcome` is answered, invalid, or the kind of
    failure. `cost_micros` is an estimate in millionths of a US dollar; what a model thought counts
    among `tokens_out`.
    """

    purpose: str = "traits"
    provider: str
    model: str
    outcome: str
    finish_reason: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    duration_ms: int = 0


class Provenance(Part):
    """Who wrote the traits, and what it took.

    `tokens` are `tokens_in` and `tokens_out` together, over all `attempts`; the cost is estimated,
    in millionths of a US dollar. `input_hash` is of everything the model was told; `reused` says
    that an equal input had been answered within a day, so that nobody was asked.
    """

    provider: str
    model: str | None = None
    prompt_version: str | None = None
    attempts: int = 0
    finish_reasons: tuple[str, ...] = ()
    tokens: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    input_hash: str | None = None
    reused: bool = False
    fallback_reason: str | None = None


class CardGenerated(Event):
    """The profile was read and, unless a recipe left it out, the card's traits were written.

    `artworks` are the kinds of which asset events exist because a model drew them.
    `calls` are all questions to models this run has asked, for whatever purpose. `reasons` says of
    each stat that was counted, and not judged by a model, what it was counted from.
    """

    subject: ClassVar[str] = "card.generated"
    type: ClassVar[str] = "techub.card.generated.v1"

    github_id: int
    artifacts: dict[str, str]
    sections: dict[str, Section] = {}
    traits: CardTraits | None = None
    avatar: AvatarState = AvatarState.absent
    artworks: tuple[str, ...] = ()
    provenance: Provenance | None = None
    calls: tuple[ModelCall, ...] = ()
    reasons: dict[Literal["attack", "defense", "speed"], str] = {}
    degradations: tuple[Degradation, ...] = ()


class CardFailed(Event):
    """No card could be made; what GitHub said is kept all the same.

    `calls` are the questions to models this run has asked all the same.
    """

    subject: ClassVar[str] = "card.failed"
    type: ClassVar[str] = "techub.card.failed.v1"

    github_id: int | None = None
    stage: str
    code: str
    message: str
    detail: dict[str, Any] = {}
    artifacts: dict[str, str] = {}
    calls: tuple[ModelCall, ...] = ()
