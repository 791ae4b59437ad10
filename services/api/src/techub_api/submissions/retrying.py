"""A retry: a new run that repeats only what failed in one that is over."""

import json
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.artwork.claiming import AVATAR_SUITE
from techub_api.policy.stamping import policy_of
from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.resources import Resources
from techub_api.runs.locking import lock_run
from techub_api.runs.queries import run_named
from techub_api.runs.rules import Repeat, to_repeat
from techub_api.runs.status import Status
from techub_api.runs.tables import Run, RunPicture, Step
from techub_api.submissions.starting import Asked, Wanted, last_view, open_run
from techub_common.asks import RetryRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import FROM_OUTSIDE, Notify, Options, Submitted, Trigger
from techub_common.storage import ObjectStore
from techub_common.tracing import new_run_id

log = structlog.get_logger()

LOST: Final = ("failed", "degraded")


WHOLE: Final = Repeat()


async def retry(
    resources: Resources,
    request: RetryRequest,
    *,
    trigger: Trigger = Trigger.cli,
    run_id: UUID | None = None,
) -> Asked:
    """Start a run that repeats what failed, or return the open one that does so already.

    Who may have to ask twice gives the new run its id. Raises Permanent `run_open` while the run is
    open or another one does something else, `newer_card` when a later run has made a card since,
    `nothing_to_retry`.
    """
    run_id = run_id or new_run_id()
    async with transaction(resources.sessions) as session:
        parent = await lock_run(session, await run_named(session, request.login_or_run))
        repeat = await to_do(session, parent, request)
    await carry_over(resources.objects, parent.id, run_id, repeat.kept)
    async with transaction(resources.sessions) as session:
        parent = await lock_run(session, parent.id)
        if repeat != await to_do(session, parent, request):
            message = f"something about the run {parent.id} changed just now; ask again"
            raise Permanent(message, code="changed_meanwhile")
        profile = await session.get_one(Profile, parent.profile_id)
        wanted = await _wanted(session, resources, parent, repeat, run_id, bulk=request.bulk)
        if request.whole:
            view = await last_view(session, profile, wanted.options)
            wanted = replace(wanted, view_key=view)
        return await open_run(session, resources.outbox, profile, replace(wanted, trigger=trigger))


async def to_do(session: AsyncSession, parent: Run, request: RetryRequest) -> Repeat:
    """Return what this request repeats of the run: all of it, or what `plan` says."""
    if not request.whole:
        return await plan(session, parent, request.steps)
    _is_over(parent)
    return WHOLE


async def plan(session: AsyncSession, parent: Run, steps: tuple[str, ...]) -> Repeat:
    """Return what a retry of this run has to do; the run is locked. Raises Permanent."""
    _is_over(parent)
    await _no_newer_card(session, parent)
    lost = await session.scalars(
        select(Step.name).where(Step.run_id == parent.id, Step.status.in_(LOST))
    )
    stages = set(lost)
    repeat = to_repeat(
        card_ready=parent.card_ready,
        error_code=parent.error["code"] if parent.error else None,
        lost=stages,
        pictures=await _pictures(session, parent, stages),
        steps=steps,
    )
    if repeat is None:
        strange = await _strange(session, parent, steps)
        there_is_none = f"; it has no step {', '.join(strange)}" if strange else ""
        message = f"nothing of the run {parent.id} is left to repeat{there_is_none}"
        raise Permanent(message, code="nothing_to_retry")
    return repeat


def _is_over(parent: Run) -> None:
    if Status(parent.status).is_open:
        message = f"the run {parent.id} is still open; wait for its end or cancel it"
        raise Permanent(message, code="run_open")


async def carry_over(
    objects: ObjectStore, parent: UUID, run_id: UUID, stages: tuple[str, ...]
) -> None:
    """Copy the results of finished stages to the new run, which then resumes after them.

    Each carries the line that tells of it; the copy's line is of the new run. What models took for
    it was the parent's, and is not taken again.
    """
    for stage in stages:
        try:
            document = json.loads(await objects.get(f"runs/{parent}/{stage}.json"))
            line = document["recorded"]
            line |= {"run_id": str(run_id), "detail": {"carried_from": str(parent)}}
            if "calls" in document:
                document["calls"] = []
        except Permanent as error:
            if error.code != "object_missing":
                raise
            continue
        except (ValueError, KeyError, TypeError):
            log.warning("artifact_unreadable", run_id=str(parent), stage=stage)
            continue
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        await objects.put(f"runs/{run_id}/{stage}.json", content, "application/json")


async def _strange(session: AsyncSession, run: Run, steps: tuple[str, ...]) -> list[str]:
    """Return which of the steps the run does not have."""
    known = set(await session.scalars(select(Step.name).where(Step.run_id == run.id)))
    return [step for step in steps if step not in known]


async def _no_newer_card(session: AsyncSession, parent: Run) -> None:
    """Raise Permanent `newer_card` when what the run was about has been overtaken."""
    key = await session.scalar(select(Card.view_key).where(Card.profile_id == parent.profile_id))
    if key is None:
        return
    maker = UUID(key.split("/")[1])  # runs/<run_id>/view-….json
    number = await session.scalar(select(Run.number).where(Run.id == maker))
    if number is not None and number > parent.number:
        message = f"the run {maker} has made a newer card; what failed before it is past"
        raise Permanent(message, code="newer_card")


async def _pictures(session: AsyncSession, parent: Run, lost: set[str]) -> dict[str, bool]:
    """Return variant → whether it is out and whole, for every picture the run owed."""
    published = select(Picture.variant, func.max(Run.number)).join(Run, Run.id == Picture.run_id)
    published = published.where(Picture.profile_id == parent.profile_id).group_by(Picture.variant)
    newest = {row[0]: row[1] for row in await session.execute(published)}
    owed = await session.scalars(
        select(RunPicture.kind).where(
            RunPicture.run_id == parent.id, RunPicture.kind.not_in(FROM_OUTSIDE)
        )
    )
    return {
        kind: newest.get(kind, 0) > parent.number
        or (newest.get(kind) == parent.number and f"optimize:{kind}" not in lost)
        for kind in sorted(owed)
    }


async def _wanted(
    session: AsyncSession,
    resources: Resources,
    parent: Run,
    repeat: Repeat,
    run_id: UUID,
    *,
    bulk: bool,
) -> Wanted:
    options = Options.model_validate(parent.options)
    if repeat.variants:
        ordered = tuple(name for name in resources.variants if name in repeat.variants)
        options = Options(recipe=options.recipe, variants=ordered)
    silent = options.recipe is not None or parent.trigger == Trigger.refresh
    return Wanted(
        trigger=Trigger.cli,
        policy=await policy_of(
            session,
            resources.outbox,
            resources.settings,
            Notify.none if silent else Notify.ops,
            artwork=options.recipe == AVATAR_SUITE,
        ),
        options=options,
        submitted=Submitted.model_validate(parent.submitted),
        parent=parent.id,
        view_key=parent.view_key if repeat.variants else None,
        bulk=bulk,
        run_id=run_id,
    )
