"""`POST /api/v1/profiles`: a login in, a run out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from techub_api.resources import Resources
from techub_api.submissions.actions import rerun, submit
from techub_api.submissions.inputs import page_address, repository_name
from techub_api.submissions.rules import checked
from techub_api.submissions.starting import Asked
from techub_api.wiring import Opened, Person
from techub_common.database import transaction
from techub_common.events import Options, Submitted

router = APIRouter(prefix="/api/v1", tags=["profiles"])


class Submission(BaseModel):
    """What a person sends."""

    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, Field(min_length=1, max_length=100)]
    scrape_url: Annotated[str, Field(max_length=2000), AfterValidator(page_address)] | None = None
    repositories: Annotated[
        list[Annotated[str, AfterValidator(repository_name)]], Field(max_length=4)
    ] = []
    force: Annotated[bool, Field(description="Take pictures again that would not change.")] = False


class Rerun(BaseModel):
    """What somebody who looks after a profile may have done again."""

    model_config = ConfigDict(extra="forbid")

    recipe: str | None = None
    variants: tuple[str, ...] | None = None
    only_stages: tuple[str, ...] = ()
    skip_stages: tuple[str, ...] = ()
    preserve_avatar: bool = False
    preserve_fields: tuple[str, ...] = ()
    force: bool = False


class Accepted(BaseModel):
    """Where the run can be watched."""

    run_id: UUID
    login: str
    status_url: str
    events_url: str


@router.post("/profiles", status_code=202)
async def submit_profile(
    submission: Submission, opened: Opened, person: Person, response: Response
) -> Accepted:
    """Start a run for the login: 202, or 200 with the run that is open already."""
    submitted = Submitted(
        scrape_url=submission.scrape_url, repositories=tuple(submission.repositories)
    )
    async with transaction(opened.sessions) as session:
        asked = await submit(
            session,
            opened.outbox,
            opened.settings,
            person,
            submission.login,
            submitted,
            Options(force=submission.force),
        )
    return _accepted(asked, opened, response)


@router.post("/profiles/{login}/runs", status_code=202)
async def rerun_profile(
    login: str, wanted: Rerun, opened: Opened, person: Person, response: Response
) -> Accepted:
    """Start a run of a part, a recipe or some stages, for whoever looks after the profile."""
    options = checked(Options.model_validate(wanted.model_dump()), opened.variants)
    async with transaction(opened.sessions) as session:
        asked = await rerun(session, opened.outbox, opened.settings, person, login, options)
    return _accepted(asked, opened, response)


def _accepted(asked: Asked, opened: Resources, response: Response) -> Accepted:
    if not asked.created:
        response.status_code = 200
    status_url = f"{opened.settings.app_host}/api/v1/runs/{asked.run_id}"
    return Accepted(
        run_id=asked.run_id,
        login=asked.login,
        status_url=status_url,
        events_url=f"{status_url}/events",
    )
