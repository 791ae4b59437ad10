"""What the gateway tells about a run as a whole."""

from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from techub_common.events.base import Event, Part


class Trigger(StrEnum):
    """Who asked for the run."""

    submit = "submit"
    retry = "retry"
    ops = "ops"
    cli = "cli"
    refresh = "refresh"


class Notify(StrEnum):
    """Who is told how the run ended; ops alerts go out for `owners` and `ops`."""

    owners = "owners"
    ops = "ops"
    none = "none"


class Policy(Part):
    """What the owner of the system had switched on when the run was submitted.

    `over_budget` says that a model would write the card if the day's budget were not used up,
    `artwork_withheld` why nothing is drawn although it is switched on and the owner asks for it.
    """

    ai_text: bool = True
    artwork: bool = False
    descriptions: bool = False
    require_eligibility: bool = True
    eligibility_threshold: int = 3
    notify: Notify = Notify.owners
    over_budget: bool = False
    artwork_withheld: str | None = None


class Submitted(Part):
    """What the person gave along with the login."""

    scrape_url: str | None = None
    repositories: tuple[str, ...] = Field(default=(), max_length=4)


class Known(Part):
    """Object keys of what earlier runs left behind for this profile."""

    github: str | None = None
    card: str | None = None
    avatar: str | None = None


class Options(Part):
    """What a run is asked to do differently from a full one.

    `variants` are the pictures it owes, all there are when None; a `recipe` names a shorter road.
    `preserve_avatar` keeps the avatar if there is one, `preserve_fields` names fields of the stored
    profile that GitHub does not overwrite. `ai_mode` mock writes the card without asking anybody,
    `screenshots` skip takes no pictures.
    By `force` pictures are taken again although nothing on them has changed.
    `artworks` are the kinds to draw where the policy has it done, the suite when None.
    """

    recipe: str | None = None
    only_stages: tuple[str, ...] = ()
    skip_stages: tuple[str, ...] = ()
    variants: tuple[str, ...] | None = None
    artworks: tuple[str, ...] | None = None
    preserve_avatar: bool = False
    preserve_fields: tuple[str, ...] = ()
    ai_mode: Literal["real", "mock"] = "real"
    screenshots: Literal["take", "skip"] = "take"
    force: bool = False


class PipelineStarted(Event):
    """A run was admitted; the generator may begin."""

    subject: ClassVar[str] = "pipeline.started"
    type: ClassVar[str] = "techub.pipeline.started.v1"

    profile_id: UUID
    trigger: Trigger
    options: Options = Options()
    policy: Policy = Policy()
    submitted: Submitted = Submitted()
    known: Known = Known()


class Degradation(Part):
    """A stage that finished but lost something, and why in plain words."""

    stage: str
    reason: str


class RunError(Part):
    """Why a run failed: the stage, a code of the closed set and a sentence.

    `detail` explains a refusal (the eligibility signals), `attempts` is how often the stage was
    tried, where that was counted.
    """

    stage: str
    code: str
    message: str
    detail: dict[str, Any] = {}
    attempts: int | None = None


class Ended(Event):
    """The run is over; told exactly once per run."""

    profile_id: UUID
    trigger: Trigger
    notify: Notify
    duration_ms: int
    degradations: tuple[Degradation, ...] = ()
    error: RunError | None = None
    counts: dict[str, int] = {}


class PipelineCompleted(Ended):
    """Every enabled stage completed."""

    subject: ClassVar[str] = "pipeline.completed"
    type: ClassVar[str] = "techub.pipeline.completed.v1"


class PipelinePartial(Ended):
    """The card is there, but at least one stage was degraded."""

    subject: ClassVar[str] = "pipeline.partial"
    type: ClassVar[str] = "techub.pipeline.partial.v1"


class PipelineFailed(Ended):
    """There is no card, or no picture of it."""

    subject: ClassVar[str] = "pipeline.failed"
    type: ClassVar[str] = "techub.pipeline.failed.v1"


class PipelineCanceled(Event):
    """Somebody stopped the run, or a fuller one superseded it."""

    subject: ClassVar[str] = "pipeline.canceled"
    type: ClassVar[str] = "techub.pipeline.canceled.v1"

    profile_id: UUID
    by: str
    reason: str
