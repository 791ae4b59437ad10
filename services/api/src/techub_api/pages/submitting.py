"""`/submit`: a login in, a run out; what is wrong is said beside the field it is wrong in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from techub_api.accounts.tables import User
from techub_api.limits.allowances import submitting
from techub_api.pages.answers import answer
from techub_api.pages.standing import Kind, standing_of
from techub_api.pages.visitors import Looking, Sent
from techub_api.problems import STATUS, retry_after
from techub_api.resources import Resources
from techub_api.submissions.actions import submit
from techub_api.submissions.routes import Submission
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import Submitted
from techub_common.logins import valid_login

router = APIRouter(include_in_schema=False)

MAX_REPOSITORIES: Final = 4
SENTENCES: Final[Mapping[str, str]] = {
    "login": "That is not a GitHub login: letters, digits and hyphens, 39 at most.",
    "scrape_url": "An address starts with http:// or https:// and has 2,000 characters at most.",
    "repositories": "A repository is owner/name, or its address on github.com.",
}
FORGOTTEN: Final = "Whose card shall it be? Type a GitHub login."


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has typed so far."""

    login: str = ""
    scrape_url: str = ""
    repositories: Sequence[str] = ()

    @property
    def slots(self) -> list[str]:
        """Return the repositories, with empty fields up to four."""
        return [*self.repositories, *[""] * MAX_REPOSITORIES][:MAX_REPOSITORIES]


def submit_address(login: str) -> str:
    """Return the form's address with the login filled in."""
    return f"/submit?{urlencode({'login': login})}" if login else "/submit"


@router.get("/submit")
async def ask(request: Request, opened: Opened, visitor: Looking, login: str = "") -> HTMLResponse:
    """Answer the form, or how to sign in; a card that exists already is pointed to."""
    draft = Draft(login=login.strip())
    shown = partial(
        answer,
        request,
        opened.settings,
        visitor,
        "submit.html",
        draft=draft,
        onward=submit_address(draft.login),
    )
    async with transaction(opened.sessions) as session:
        standing = await standing_of(session, opened.settings, visitor.user, draft.login)
    errors = {"login": standing.sentence} if standing.kind is Kind.wrong else {}
    return shown(errors=errors, standing=standing)


@router.post("/submit")
async def submit_form(request: Request, opened: Opened, visitor: Looking, sent: Sent) -> Response:
    """Start the run and go to its page, or answer the form with what is wrong beside the fields."""
    draft = _draft(sent)
    again = partial(
        answer,
        request,
        opened.settings,
        visitor,
        "submit.html",
        draft=draft,
        standing=None,
        onward=submit_address(draft.login),
    )
    if visitor.user is None:
        return again(status=401, errors={})
    submission, errors = checked(draft)
    if submission is None:
        return again(status=422, errors=errors)
    try:
        await submitting(opened, request, visitor.user.id)
        run_id = await _start(opened, visitor.user, submission)
    except Permanent as error:
        if error.code not in STATUS:
            raise
        refused = again(status=STATUS[error.code], errors={"login": str(error)})
        refused.headers.update(retry_after(error))
        return refused
    return RedirectResponse(f"/runs/{run_id}", 303)


def checked(draft: Draft) -> tuple[Submission | None, dict[str, str]]:
    """Return what may be submitted, or a sentence for each field that is wrong."""
    errors = _login_errors(draft.login)
    try:
        submission = Submission(
            login=draft.login or "-",
            scrape_url=draft.scrape_url or None,
            repositories=[text for text in draft.repositories if text],
        )
    except ValidationError as error:
        wrong = {str(part["loc"][0]) for part in error.errors()}
        sentences = {field: said for field, said in SENTENCES.items() if field in wrong}
        return None, sentences | errors
    return (None if errors else submission), errors


def _login_errors(login: str) -> dict[str, str]:
    if not login:
        return {"login": FORGOTTEN}
    try:
        valid_login(login)
    except Permanent as error:
        return {"login": str(error)}
    return {}


async def _start(opened: Resources, user: User, submission: Submission) -> UUID:
    submitted = Submitted(
        scrape_url=submission.scrape_url, repositories=tuple(submission.repositories)
    )
    async with transaction(opened.sessions) as session:
        asked = await submit(
            session, opened.outbox, opened.settings, user, submission.login, submitted
        )
    return asked.run_id


def _draft(sent: FormData) -> Draft:
    return Draft(
        login=_text(sent.get("login")),
        scrape_url=_text(sent.get("scrape_url")),
        repositories=[_text(value) for value in sent.getlist("repository")],
    )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
