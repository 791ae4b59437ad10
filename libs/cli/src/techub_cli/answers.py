"""What the api answers, as far as it is read here; fields added later are ignored."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from techub_common.errors import Permanent

A = TypeVar("A", bound=BaseModel)


class RunAsked(BaseModel):
    """The run that was asked for, or the open one it stands in for."""

    run_id: UUID
    created: bool


class RunCanceled(BaseModel):
    """The run that was to be canceled, and whether this did it."""

    run_id: UUID
    login: str
    canceled: bool


class StepShown(BaseModel):
    """One row of the timeline."""

    name: str
    status: str
    attempts: int = 0
    queue_ms: int | None = None
    duration_ms: int | None = None
    sentence: str | None = None


class PictureShown(BaseModel):
    """One current public file."""

    variant: str
    format: str
    url: str
    bytes: int
    width: int
    height: int


class ErrorShown(BaseModel):
    """Why a run failed, for a person."""

    stage: str
    code: str
    sentence: str


class Lost(BaseModel):
    """A stage that finished but lost something."""

    stage: str
    reason: str


class RunShown(BaseModel):
    """A run with its steps and pictures."""

    run_id: UUID
    login: str
    status: str
    trigger: str
    recipe: str | None = None
    parent_run_id: UUID | None = None
    created_at: datetime
    duration_ms: int | None = None
    degradations: list[Lost] = []
    error: ErrorShown | None = None
    steps: list[StepShown] = []
    pictures: list[PictureShown] = []
    notified: dict[str, int] | None = None
    profile_url: str | None = None


def read(shape: type[A], answer: dict[str, Any]) -> A:
    """Return what an answer says; raise Permanent `unreadable_answer`."""
    try:
        return shape.model_validate(answer)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
        message = f"the api's answer cannot be read at {place}; do the versions match?"
        raise Permanent(message, code="unreadable_answer") from error
