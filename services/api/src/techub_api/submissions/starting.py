"""Opens a run of a profile: at once or in line, and what it means for one that is open already."""

from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.artwork.claiming import AVATAR_SUITE, narrowed
from techub_api.policy.stamping import OVER_BUDGET
from techub_api.profiles.tables import Card, Profile
from techub_api.runs.beginning import begin
from techub_api.runs.closing import SUPERSEDED, cancel
from techub_api.runs.status import Status
from techub_api.runs.story import write_entry, write_step
from techub_api.runs.superseding import open_run_of
from techub_api.runs.tables import Run
from techub_api.submissions.inputs import stored
from techub_api.submissions.recipes import SCREENSHOT_REFRESH
from techub_api.submissions.rules import Meeting, meeting
from techub_common.errors import Permanent
from techub_common.events import Options, Policy, Submitted, Trigger
from techub_common.outbox import Outbox
from techub_common.tracing import new_run_id

log = structlog.get_logger()

ARTWORK_STEP: Final = "draw_artwork"
NOT_ASKED_FOR: Final = "Artwork is drawn where it is switched on and the owner asks for it."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to do and on whose word; without `submitted`, on what was submitted last.

    With a `view_key` it begins at the pictures of that card view. A `bulk` run stays in line until
    the sweep admits it. `parent` is the run it repeats a part of. Artwork is drawn `unasked` where
    neither the owner nor the week is to be asked.
    """

    trigger: Trigger
    policy: Policy
    options: Options = field(default_factory=Options)
    submitted: Submitted | None = None
    requested_by: UUID | None = None
    parent: UUID | None = None
    view_key: str | None = None
    bulk: bool = False
    unasked: bool = False
    run_id: UUID = field(default_factory=new_run_id)


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that exists now, and whether this request made it."""

    run_id: UUID
    login: str
    created: bool


async def open_run(
    session: AsyncSession, outbox: Outbox, profile: Profile, wanted: Wanted
) -> Asked:
    """Open a run of a locked profile, or return the open one that does what is wanted.

    One that is to draw artwork claims the profile's turn; the recipe that does nothing else is
    refused without one as `artwork_withheld`.

    Rows and events commit together. A full run takes the place of a bulk, recipe or retry run,
    which is canceled as superseded. Raises Permanent `run_open` when the open run is about
    something else.
    """
    other = await open_run_of(session, profile)
    if other is not None:
        match _met(other, wanted):
            case Meeting.join:
                return Asked(other.id, profile.display_login, created=False)
            case Meeting.wait:
                message = (
                    f"the run {other.id} of {profile.display_login} is open and does something"
                    " else; wait for its end or cancel it"
                )
                raise Permanent(message, code="run_open")
            case Meeting.replace:
                await cancel(session, outbox, other, by=wanted.trigger, reason=SUPERSEDED)
    policy = await _policy(session, profile, wanted)
    if wanted.options.recipe == AVATAR_SUITE and not policy.artwork:
        message = policy.artwork_withheld or NOT_ASKED_FOR
        raise Permanent(message, code="artwork_withheld")
    run = _row(profile, replace(wanted, policy=policy))
    session.add(run)
    await session.flush()
    if policy.artwork_withheld:
        over_budget = policy.artwork_withheld == OVER_BUDGET
        await write_step(
            session,
            run,
            ARTWORK_STEP,
            "skipped",
            message=policy.artwork_withheld,
            code="over_budget" if over_budget else "drawn_lately",
        )
    if wanted.bulk:
        await _queue(session, run, profile, wanted.options)
    else:
        await begin(session, outbox, run, profile)
    return Asked(run.id, profile.display_login, created=True)


async def last_view(session: AsyncSession, profile: Profile, options: Options) -> str | None:
    """Return the card view a run that only takes pictures takes them of, None for others.

    Raises Permanent `nothing_known` when there is none yet.
    """
    if options.recipe != SCREENSHOT_REFRESH:
        return None
    card = await session.get(Card, profile.id)
    if card is None or card.view_key is None:
        message = f"there is no card of {profile.display_login} yet: a full run has to come first"
        raise Permanent(message, code="nothing_known")
    return card.view_key


async def _policy(session: AsyncSession, profile: Profile, wanted: Wanted) -> Policy:
    """Return what the run may do; one that begins at its pictures draws nothing."""
    if wanted.view_key is not None:
        return wanted.policy.model_copy(update={"artwork": False, "artwork_withheld": None})
    return await narrowed(
        session,
        profile,
        wanted.policy,
        wanted.options,
        wanted.run_id,
        parent=wanted.parent,
        unasked=wanted.unasked,
    )


def _met(other: Run, wanted: Wanted) -> Meeting:
    return meeting(
        open_options=Options.model_validate(other.options),
        open_bulk=other.bulk,
        options=wanted.options,
        bulk=wanted.bulk,
        same_parent=other.parent_run_id == wanted.parent,
    )


def _row(profile: Profile, wanted: Wanted) -> Run:
    return Run(
        id=wanted.run_id,
        profile_id=profile.id,
        parent_run_id=wanted.parent,
        login=profile.display_login,
        trigger=wanted.trigger,
        notify=wanted.policy.notify,
        status=Status.queued,
        bulk=wanted.bulk,
        options=wanted.options.model_dump(mode="json"),
        policy=wanted.policy.model_dump(mode="json"),
        submitted=(wanted.submitted or stored(profile)).model_dump(mode="json"),
        requested_by=wanted.requested_by,
        view_key=wanted.view_key,
        card_ready=False,
        artifacts={},
        degradations=[],
        steps={},
        pictures={},
    )


async def _queue(session: AsyncSession, run: Run, profile: Profile, options: Options) -> None:
    if options.recipe is None:
        profile.status = Status.queued
    write_entry(session, run, "queued", {"login": profile.display_login})
    log.info("pipeline_queued", run_id=str(run.id), login=run.login, trigger=run.trigger)
