"""Answers to the command `techub`: core request and reply, for the operators' NATS user."""

from dataclasses import asdict
from typing import Annotated, Any

from faststream import Context

from techub_api.artwork.claiming import AVATAR_SUITE
from techub_api.objects.probing import described, probed
from techub_api.operators.naming import run_meant
from techub_api.policy.stamping import policy_of
from techub_api.policy.switching import in_force
from techub_api.profiles.identity import profile_for_login
from techub_api.resources import Resources
from techub_api.runs.closing import cancel
from techub_api.runs.locking import lock_run
from techub_api.runs.queries import show_run
from techub_api.runs.status import Status
from techub_api.spending.budget import models_of, spent_today
from techub_api.submissions.retrying import retry
from techub_api.submissions.rules import checked
from techub_api.submissions.starting import Asked, Wanted, last_view, open_run
from techub_common.asks import (
    CancelRequest,
    RetryRequest,
    RunRequest,
    SpendingRequest,
    StatusRequest,
    StorageRequest,
)
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
            preserve_avatar=request.preserve_avatar,
            preserve_fields=request.preserve_fields,
            ai_mode=request.ai_mode,
            screenshots=request.screenshots,
            force=request.force,
            artworks=request.artworks,
        ),
        resources.variants,
    )
    quiet = options.recipe is not None or request.refresh
    async with transaction(resources.sessions) as session:
        profile = await profile_for_login(session, valid_login(request.login))
        wanted = Wanted(
            trigger=Trigger.refresh if request.refresh else Trigger.cli,
            policy=await policy_of(
                session,
                resources.outbox,
                resources.settings,
                Notify.none if quiet else Notify.ops,
                artwork=request.recipe == AVATAR_SUITE,
            ),
            options=options,
            unasked=request.unasked,
            view_key=await last_view(session, profile, options),
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


async def show_storage(request: StorageRequest, resources: Opened) -> dict[str, Any]:
    """Answer where objects are and who may read them."""
    del request
    return described(resources.settings)


async def show_spending(request: SpendingRequest, resources: Opened) -> dict[str, Any]:
    """Answer what models took today, what of the budget is left, and what is switched on."""
    del request
    async with transaction(resources.sessions) as session:
        switches = await in_force(session, resources.settings)
        spent = await spent_today(session)
        models = await models_of(session, spent.day)
    budget = switches.daily_tokens
    return {
        **asdict(spent),
        "day": str(spent.day),
        "exhausted": budget is not None and spent.exhausts(budget),
        "models": models,
        "switches": asdict(switches),
    }


async def probe_storage(request: StorageRequest, resources: Opened) -> dict[str, Any]:
    """Write, read, list and delete an object, and look at it from outside."""
    del request
    return await probed(resources.objects, resources.settings)


def _answer(asked: Asked) -> dict[str, Any]:
    return {"run_id": str(asked.run_id), "created": asked.created}
