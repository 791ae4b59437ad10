"""What pages and the API show of a run: our own sentences, never a raw error."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.pictures.addresses import public_url
from techub_api.profiles.tables import Picture, Profile
from techub_api.runs.sentences import sentence_for
from techub_api.runs.status import OPEN, Status
from techub_api.runs.tables import Entry, Run, RunPicture, Step
from techub_api.settings import Settings
from techub_common.errors import Permanent


class StepShown(BaseModel):
    """One row of the timeline; durations in milliseconds."""

    name: str
    status: str
    attempts: int
    queue_ms: int | None
    duration_ms: int | None
    sentence: str | None


class PictureShown(BaseModel):
    """One current public file."""

    variant: str
    format: str
    url: str
    bytes: int
    width: int
    height: int
    mime: str


class ErrorShown(BaseModel):
    """Why a run failed, for a person."""

    stage: str
    code: str
    sentence: str
    detail: dict[str, Any] = {}


class RunShown(BaseModel):
    """A run as anyone with its id may see it."""

    run_id: UUID
    login: str
    status: str
    trigger: str
    recipe: str | None = None
    parent_run_id: UUID | None = None
    created_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    degradations: list[dict[str, Any]]
    error: ErrorShown | None
    steps: list[StepShown]
    pictures: list[PictureShown]
    notified: dict[str, int] | None
    events_url: str
    profile_url: str

    @property
    def is_over(self) -> bool:
        """Return whether the run has ended and everybody has been told; nobody is of a cancel."""
        canceled = Status(self.status) is Status.canceled
        return canceled or (not Status(self.status).is_open and self.notified is not None)


async def show_run(session: AsyncSession, run_id: UUID, settings: Settings) -> RunShown | None:
    """Return the run as people may see it, in four reads; None for an unknown id."""
    run = await session.get(Run, run_id)
    if run is None:
        return None
    steps = (
        await session.scalars(select(Step).where(Step.run_id == run_id).order_by(Step.position))
    ).all()
    finished = run.finished_at
    return RunShown(
        run_id=run.id,
        login=run.login,
        status=run.status,
        trigger=run.trigger,
        recipe=run.options.get("recipe"),
        parent_run_id=run.parent_run_id,
        created_at=run.created_at,
        finished_at=finished,
        duration_ms=_milliseconds(run.started_at or run.created_at, finished),
        degradations=run.degradations,
        error=_error(run, steps),
        steps=[_shown(step) for step in steps],
        pictures=await pictures_of_profile(session, run.profile_id, settings, run.id),
        notified=run.notified,
        events_url=f"{settings.app_host}/api/v1/runs/{run.id}/events",
        profile_url=f"{settings.app_host}/profiles/{run.login}",
    )


async def run_named(session: AsyncSession, login_or_run: str) -> UUID:
    """Return the run of that id, or the login's open or newest one; raise Permanent."""
    with suppress(ValueError):
        run_id = await session.scalar(select(Run.id).where(Run.id == UUID(login_or_run)))
        return run_id or _missing(login_or_run)
    run_id = await session.scalar(
        select(Run.id)
        .join(Profile, Profile.id == Run.profile_id)
        .where(Profile.login == login_or_run.lower())
        .order_by(Run.status.in_(OPEN).desc(), Run.number.desc())
        .limit(1)
    )
    return run_id or _missing(login_or_run)


async def pictures_of_profile(
    session: AsyncSession, profile_id: UUID, settings: Settings, run_id: UUID | None = None
) -> list[PictureShown]:
    """Return a profile's current pictures, only those a run took or kept when it is given."""
    wanted = select(Picture).where(Picture.profile_id == profile_id)
    if run_id is not None:
        kept = select(RunPicture.kind).where(
            RunPicture.run_id == run_id,
            RunPicture.state == "recorded",
            RunPicture.object_key.is_(None),
        )
        wanted = wanted.where(or_(Picture.run_id == run_id, Picture.variant.in_(kept)))
    rows = (await session.scalars(wanted.order_by(Picture.variant, Picture.format))).all()
    return [
        PictureShown(
            variant=row.variant,
            format=row.format,
            url=public_url(settings, row.object_key),
            bytes=row.bytes,
            width=row.width,
            height=row.height,
            mime=row.mime,
        )
        for row in rows
    ]


async def entries_after(session: AsyncSession, run_id: UUID, last: int) -> Sequence[Entry]:
    """Return the lines of a run's story after the given one, in order."""
    return (
        await session.scalars(
            select(Entry).where(Entry.run_id == run_id, Entry.id > last).order_by(Entry.id)
        )
    ).all()


async def over_and_told(session: AsyncSession, run_id: UUID) -> tuple[bool, bool]:
    """Return whether a run has ended, and whether everybody has been told; one cheap read."""
    row = (await session.execute(select(Run.status, Run.notified).where(Run.id == run_id))).one()
    is_over = not Status(row.status).is_open
    return is_over, is_over and (row.notified is not None or row.status == Status.canceled)


def _shown(step: Step) -> StepShown:
    return StepShown(
        name=step.name,
        status=step.status,
        attempts=step.attempts,
        queue_ms=_milliseconds(step.queued_at, step.started_at),
        duration_ms=step.duration_ms,
        sentence=sentence_for(step.status, step.code),
    )


def _error(run: Run, steps: Sequence[Step]) -> ErrorShown | None:
    if run.error is None:
        return None
    stage, code = str(run.error["stage"]), str(run.error["code"])
    detail = next((step.detail for step in steps if step.name == stage), {})
    signals = {name: value for name, value in detail.items() if code == "not_eligible"}
    return ErrorShown(
        stage=stage, code=code, sentence=sentence_for("failed", code) or "", detail=signals
    )


def _missing(login_or_run: str) -> NoReturn:
    message = f"there is no run of {login_or_run!r}"
    raise Permanent(message, code="run_missing")


def _milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    if start is None or end is None:
        return None
    return max(0, round((end - start).total_seconds() * 1000))
