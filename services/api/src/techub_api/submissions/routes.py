"""`POST /api/v1/profiles`: a login in, a run out."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.limits.allowances import looking_up, submitting
from techub_api.limits.repeating import Answered, Once, Repeatable, answered_before, keep_answer
from techub_api.problems import answers
from techub_api.resources import Resources
from techub_api.submissions.actions import rerun, submit
from techub_api.submissions.checking import LoginShown, look_up
from techub_api.submissions.inputs import page_address, repository_name
from techub_api.submissions.rules import checked
from techub_api.submissions.starting import Asked
from techub_api.wiring import LoginNamed, Opened, Person
from techub_common.database import transaction
from techub_common.events import Options, Submitted
from techub_common.logins import valid_login

router = APIRouter(prefix="/api/v1", tags=["profiles"])

Name = Annotated[str, Field(max_length=100)]
Start = Callable[[AsyncSession], Awaitable[Asked]]


class Submission(BaseModel):
    """What a person sends."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"login": "octocat"},
                {
                    "login": "octocat",
                    "scrape_url": "https://octocat.example",
                    "repositories": ["octocat/Hello-World"],
                },
            ]
        },
    )

    login: Annotated[str, Field(min_length=1, max_length=100)]
    scrape_url: Annotated[str, Field(max_length=2000), AfterValidator(page_address)] | None = None
    repositories: Annotated[
        list[Annotated[str, Field(max_length=300), AfterValidator(repository_name)]],
        Field(max_length=4),
    ] = []
    force: Annotated[bool, Field(description="Take pictures again that would not change.")] = False


class Rerun(BaseModel):
    """What somebody who looks after a profile may have done again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"recipe": "screenshot_refresh"}, {}]}
    )

    recipe: Name | None = None
    variants: Annotated[tuple[Name, ...], Field(max_length=50)] | None = None
    only_stages: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    skip_stages: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    preserve_avatar: bool = False
    preserve_fields: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    force: bool = False


class Accepted(BaseModel):
    """Where the run can be watched."""

    run_id: UUID
    login: str
    status_url: str
    events_url: str


JOINED: dict[int | str, dict[str, Any]] = {
    200: {"model": Accepted, "description": "The run that is open already and does what is asked."},
    202: {"description": "A run has begun."},
}


@router.post(
    "/profiles",
    status_code=202,
    response_model=Accepted,
    responses=JOINED | answers(400, 401, 403, 409, 413, 429),
)
async def submit_profile(
    submission: Submission, request: Request, opened: Opened, person: Person, once: Once
) -> Response:
    """Start a run for the login: 202, or 200 with the run that is open already."""
    submitted = Submitted(
        scrape_url=submission.scrape_url, repositories=tuple(submission.repositories)
    )
    options = Options(force=submission.force)

    async def start(session: AsyncSession) -> Asked:
        return await submit(
            session, opened.outbox, opened.settings, person, submission.login, submitted, options
        )

    return await _answered(opened, request, person, once, start)


@router.post(
    "/profiles/{login}/runs",
    status_code=202,
    response_model=Accepted,
    responses=JOINED | answers(400, 401, 403, 404, 409, 413, 429),
)
async def rerun_profile(
    login: LoginNamed, wanted: Rerun, request: Request, opened: Opened, person: Person, once: Once
) -> Response:
    """Start a run of a part, a recipe or some stages, for whoever looks after the profile.

    One that writes the card's words anew is started once a week; a run that fails does not count.
    """
    options = checked(Options.model_validate(wanted.model_dump()), opened.variants)

    async def start(session: AsyncSession) -> Asked:
        return await rerun(session, opened.outbox, opened.settings, person, login, options)

    return await _answered(opened, request, person, once, start)


@router.get("/logins/{login}", responses=answers(429))
async def check_login(login: LoginNamed, request: Request, opened: Opened) -> LoginShown:
    """Answer what stands in the way of a card for this login, while it is being typed."""
    asked = valid_login(login)
    await looking_up(opened, request)
    async with transaction(opened.sessions) as session:
        return await look_up(session, None, asked)


async def _answered(
    opened: Resources, request: Request, person: User, once: Repeatable, start: Start
) -> Response:
    """Answer as the first time, uncounted; or count the request, start the run and say where."""
    if once.key is not None:
        async with transaction(opened.sessions) as session:
            before = await answered_before(session, person.id, once)
        if before is not None:
            return _sent(before)
    await submitting(opened, request, person.id)
    async with transaction(opened.sessions) as session:
        answered = await answered_before(session, person.id, once)
        if answered is None:
            answered = _accepted(opened, await start(session))
            await keep_answer(session, person.id, once, answered)
    return _sent(answered)


def _accepted(opened: Resources, asked: Asked) -> Answered:
    status_url = f"{opened.settings.app_host}/api/v1/runs/{asked.run_id}"
    accepted = Accepted(
        run_id=asked.run_id,
        login=asked.login,
        status_url=status_url,
        events_url=f"{status_url}/events",
    )
    return Answered(202 if asked.created else 200, accepted.model_dump_json())


def _sent(answered: Answered) -> Response:
    return Response(answered.body, answered.status, media_type="application/json")
