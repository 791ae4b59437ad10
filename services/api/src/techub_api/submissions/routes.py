"""`POST /api/v1/profiles`: a login in, a run out."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from techub_api.submissions.actions import submit
from techub_api.wiring import Opened, Person
from techub_common.database import transaction
from techub_common.events import Submitted

router = APIRouter(prefix="/api/v1", tags=["profiles"])

_REPOSITORY = re.compile(r"(?:https?://github\.com/)?([\w.-]{1,39}/[\w.-]{1,100}?)(?:\.git)?/?")


def repository_name(text: str) -> str:
    """Return `owner/name` from itself or from a github.com address."""
    found = _REPOSITORY.fullmatch(text.strip())
    if found is None:
        message = "a repository is owner/name or its github.com address"
        raise ValueError(message)
    return found[1]


class Submission(BaseModel):
    """What a person sends."""

    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, Field(min_length=1, max_length=100)]
    scrape_url: Annotated[str, Field(max_length=2000, pattern=r"^https?://")] | None = None
    repositories: Annotated[
        list[Annotated[str, AfterValidator(repository_name)]], Field(max_length=4)
    ] = []


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
            session, opened.outbox, opened.settings, person, submission.login, submitted
        )
    if not asked.created:
        response.status_code = 200
    status_url = f"{opened.settings.app_host}/api/v1/runs/{asked.run_id}"
    return Accepted(
        run_id=asked.run_id,
        login=asked.login,
        status_url=status_url,
        events_url=f"{status_url}/events",
    )
