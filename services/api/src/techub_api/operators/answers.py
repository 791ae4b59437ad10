"""Answers to the command `techub`: core request and reply, for the operators' NATS user."""

from typing import Annotated, Any
from uuid import UUID

from faststream import Context
from sqlalchemy import select

from techub_api.profiles.identity import profile_for_login
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.queries import show_run
from techub_api.runs.tables import Run
from techub_api.submissions.actions import policy_of, start
from techub_common.asks import RunRequest, StatusRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import Notify, Trigger
from techub_common.logins import valid_login

Opened = Annotated[Resources, Context("resources")]


async def run_pipeline(request: RunRequest, resources: Opened) -> dict[str, Any]:
    """Start a run on an operator's word; owners are not mailed about it."""
    async with transaction(resources.sessions) as session:
        profile = await profile_for_login(session, valid_login(request.login))
        asked = await start(
            session,
            resources.outbox,
            profile,
            trigger=Trigger.cli,
            policy=policy_of(resources.settings, Notify.ops),
        )
    return {"run_id": str(asked.run_id), "created": asked.created}


async def show(request: StatusRequest, resources: Opened) -> dict[str, Any]:
    """Answer a run by its id, or the newest run of a login."""
    async with transaction(resources.sessions) as session:
        run_id = _as_id(request.login_or_run) or await session.scalar(
            select(Run.id)
            .join(Profile, Profile.id == Run.profile_id)
            .where(Profile.login == request.login_or_run.lower())
            .order_by(Run.number.desc())
            .limit(1)
        )
        shown = run_id and await show_run(session, run_id, resources.settings)
    if not shown:
        message = f"there is no run of {request.login_or_run!r}"
        raise Permanent(message, code="run_missing")
    return shown.model_dump(mode="json")


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
