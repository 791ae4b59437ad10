"""Answers to the command `techub`: core request and reply, for the operators' NATS user."""

from typing import Annotated, Any

from faststream import Context
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.operators.naming import run_meant
from techub_api.profiles.identity import profile_for_login
from techub_api.profiles.tables import Card, Profile
from techub_api.resources import Resources
from techub_api.runs.closing import cancel
from techub_api.runs.locking import lock_run
from techub_api.runs.queries import show_run
from techub_api.runs.status import Status
from techub_api.submissions.actions import policy_of
from techub_api.submissions.retrying import retry
from techub_api.submissions.rules import checked
from techub_api.submissions.starting import Asked, Wanted, open_run
from techub_common.asks import CancelRequest, RetryRequest, RunRequest, StatusRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import Notify, Options, Trigger
from techub_common.logins import valid_login

Opened = Annotated[Resources, Context("resources")]


async def run_pipeline(request: RunRequest, resources: Opened) -> dict[str, Any]:
    """Start a run on an operator's word; owners are not mailed about it."""
    options = checked(
        Options(
            recipe=request.recipe,
            variants=request.variants,
            only_stages=request.only_stages,
            skip_stages=request.skip_stages,
            force=request.force,
        ),
        resources.variants,
    )
    quiet = options.recipe is not None or request.refresh
    async with transaction(resources.sessions) as session:
        profile = await profile_for_login(session, valid_login(request.login))
        wanted = Wanted(
            trigger=Trigger.refresh if request.refresh else Trigger.cli,
            policy=policy_of(resources.settings, Notify.none if quiet else Notify.ops),
            options=options,
            view_key=await _last_view(session, profile) if options.recipe else None,
            bulk=request.refresh,
        )
        asked = await open_run(session, resources.outbox, profile, wanted)
    return _answer(asked)


async def retry_run(request: RetryRequest, resources: Opened) -> dict[str, Any]:
    """Repeat what failed in a run that is over."""
    async with transaction(resources.sessions) as session:
        parent = await run_meant(session, request.login_or_run)
    return _answer(await retry(resources, request.model_copy(update={"login_or_run": str(parent)})))


async def cancel_run(request: CancelRequest, resources: Opened) -> dict[str, Any]:
    """Cancel an open run; doing it again changes nothing. Raises Permanent `run_over`."""
    async with transaction(resources.sessions) as session:
        run = await lock_run(session, await run_meant(session, request.login_or_run))
        canceled = await cancel(session, resources.outbox, run, request.by, request.reason)
        if not canceled and Status(run.status) is not Status.canceled:
            message = f"the run {run.id} of {run.login} is over already: {run.status}"
            raise Permanent(message, code="run_over")
    return {"run_id": str(run.id), "login": run.login, "canceled": canceled}


async def show(request: StatusRequest, resources: Opened) -> dict[str, Any]:
    """Answer a run by its id, or the open or newest run of a login."""
    async with transaction(resources.sessions) as session:
        run_id = await run_meant(session, request.login_or_run)
        shown = await show_run(session, run_id, resources.settings)
    return shown.model_dump(mode="json") if shown else {}


async def _last_view(session: AsyncSession, profile: Profile) -> str:
    card = await session.get(Card, profile.id)
    if card is None or card.view_key is None:
        message = f"there is no card of {profile.display_login} yet: a full run has to come first"
        raise Permanent(message, code="nothing_known")
    return card.view_key


def _answer(asked: Asked) -> dict[str, Any]:
    return {"run_id": str(asked.run_id), "created": asked.created}
