"""Questions between services and from operators: core request and reply, in no stream."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

RUN_PIPELINE: Final = "ask.api.run"
SHOW_RUN: Final = "ask.api.status"
CANCEL_RUN: Final = "ask.api.cancel"
RETRY_RUN: Final = "ask.api.retry"
LIST_NOTIFICATIONS: Final = "ask.notifier.list"
SHOW_NOTIFICATION: Final = "ask.notifier.show"
RESEND_NOTIFICATION: Final = "ask.notifier.resend"
DROP_NOTIFICATION: Final = "ask.notifier.drop"
SMOKE_EMAIL: Final = "ask.notifier.smoke"
SHOW_STORAGE: Final = "ask.api.storage"
PROBE_STORAGE: Final = "ask.api.probe"
SHOW_SPENDING: Final = "ask.api.spending"
SHOW_FILES: Final = "ask.api.files"
SHOW_FILE: Final = "ask.api.file"
CHECK_GEMINI: Final = "ask.generator.gemini"
LIST_PROVIDERS: Final = "ask.generator.providers"
EXAMINE_API: Final = "ask.api.doctor"
EXAMINE_GENERATOR: Final = "ask.generator.doctor"
EXAMINE_SCREENSHOTTER: Final = "ask.screenshotter.doctor"
EXAMINE_OPTIMIZER: Final = "ask.optimizer.doctor"
EXAMINE_NOTIFIER: Final = "ask.notifier.doctor"

EXAMINE: Final[Mapping[str, str]] = {
    "api": EXAMINE_API,
    "generator": EXAMINE_GENERATOR,
    "screenshotter": EXAMINE_SCREENSHOTTER,
    "optimizer": EXAMINE_OPTIMIZER,
    "notifier": EXAMINE_NOTIFIER,
}
"""How to ask every replica of a service at once; any other question goes to one of them."""

API_WORKERS: Final = "ask.api.workers"
GENERATOR_WORKERS: Final = "ask.generator.workers"
SCREENSHOTTER_WORKERS: Final = "ask.screenshotter.workers"
OPTIMIZER_WORKERS: Final = "ask.optimizer.workers"
NOTIFIER_WORKERS: Final = "ask.notifier.workers"
WORKERS: Final = (
    API_WORKERS,
    GENERATOR_WORKERS,
    SCREENSHOTTER_WORKERS,
    OPTIMIZER_WORKERS,
    NOTIFIER_WORKERS,
)
"""Who is at work: every replica of a service answers for itself (`techub_common.working`)."""

ASKED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "api": (CHECK_GEMINI, LIST_NOTIFICATIONS, *WORKERS, *EXAMINE.values())
}
"""What services ask each other; operators may ask everything."""


class RunRequest(BaseModel):
    """Start a run of this login; answered with `run_id` and whether it was `created`.

    A `refresh` waits in line behind people's runs and tells nobody how it ended. By `force`
    pictures are taken again although nothing on them has changed. The recipe `avatar_suite` draws
    `artworks`, the suite when None; `unasked` it asks neither the owner nor the week.
    """

    login: str
    recipe: str | None = None
    variants: tuple[str, ...] | None = None
    only_stages: tuple[str, ...] = ()
    skip_stages: tuple[str, ...] = ()
    preserve_avatar: bool = False
    preserve_fields: tuple[str, ...] = ()
    ai_mode: Literal["real", "mock"] = "real"
    screenshots: Literal["take", "skip"] = "take"
    refresh: bool = False
    force: bool = False
    artworks: tuple[str, ...] | None = None
    unasked: bool = False


class StatusRequest(BaseModel):
    """Show a run by its id, or the open or newest run of a login."""

    login_or_run: str


class FilesRequest(BaseModel):
    """List the files of a run's snapshot, with their sizes, by its id or a login's newest run."""

    login_or_run: str


class FileRequest(BaseModel):
    """Read a piece of such a file from an offset on, with the size and digest of the whole."""

    run_id: UUID
    name: Annotated[str, Field(max_length=1024)]
    offset: Annotated[int, Field(ge=0)] = 0


class CancelRequest(BaseModel):
    """Cancel an open run; answered with `run_id` and whether it was `canceled` just now."""

    login_or_run: str
    by: Annotated[str, Field(max_length=100)] = "cli"
    reason: Annotated[str, Field(max_length=300)] = "an operator called it off"


class RetryRequest(BaseModel):
    """Repeat what failed in a run that is over; answered like `RunRequest`.

    `steps` names the steps to repeat (`capture:og`, `generate_ai_profile`), all that failed when
    empty; `whole` repeats all that the run was asked for, whatever came of it. A `bulk` retry waits
    in line behind people's runs.
    """

    login_or_run: str
    steps: tuple[str, ...] = ()
    bulk: bool = False
    whole: bool = False


class NotificationsRequest(BaseModel):
    """List deliveries, the newest first; without a filter only what a person can act on."""

    state: str | None = None
    run: str | None = None
    login: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class NotificationRequest(BaseModel):
    """Show a delivery by its id, or by the first part of it."""

    delivery: Annotated[str, Field(min_length=4, max_length=36)]


class ActOnNotification(NotificationRequest):
    """Send a parked delivery again, or drop it; nothing is done unless `really`."""

    really: bool = False


class SmokeRequest(BaseModel):
    """Send one mail at once, to see whether mails go out at all."""

    to: Annotated[str, Field(max_length=254)]
    message: Annotated[str, Field(max_length=2000)] = ""


class StorageRequest(BaseModel):
    """Ask where objects are, or whether the store does what it has to."""


class GeminiRequest(BaseModel):
    """Does a model answer? A `fresh` answer is ten seconds old at most, others up to a minute."""

    model: Literal["text", "image"] = "text"
    fresh: bool = False


class ProvidersRequest(BaseModel):
    """Ask who would be asked for text and for pictures."""


class SpendingRequest(BaseModel):
    """Ask what models took today, and what of the day's budget is left."""


class DoctorRequest(BaseModel):
    """Every replica says at once that it is `present`, or what it found; `paid` costs money."""

    depth: Literal["present", "usual", "paid"] = "usual"
