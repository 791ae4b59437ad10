"""What the ledger does when a picture was taken, made small, or could not be made."""

from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.pictures.origins import origin_of
from techub_api.profiles.actions import is_newest, publish_picture
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.closing import close_if_over, states_of
from techub_api.runs.rules import may_capture
from techub_api.runs.status import Status
from techub_api.runs.story import write_entry, write_step
from techub_api.runs.tables import Run, RunPicture
from techub_api.runs.unchanged import current_files, current_hashes, unchanged, view_hash
from techub_common.database import transaction
from techub_common.errors import Transient
from techub_common.events import (
    ARTWORKS,
    AVATAR,
    FROM_OUTSIDE,
    AssetCaptured,
    AssetFailed,
    AssetRecorded,
    CaptureRequested,
    Rendition,
)
from techub_common.outbox import Outbox

log = structlog.get_logger()

UNUSABLE = frozenset({"object_missing", "object_damaged"})
SAME: Final = "Nothing on it has changed; the picture there is was kept."


def owe(run: Run, kind: str) -> RunPicture:
    """Return the row of a picture a locked run owes, made when missing."""
    if kind not in run.pictures:
        run.pictures[kind] = RunPicture(run_id=run.id, kind=kind, state="open", requested=False)
    return run.pictures[kind]


async def captured(session: AsyncSession, run: Run, event: AssetCaptured) -> None:
    """Keep where the untouched picture lies; the optimizer has it in hand already."""
    picture = owe(run, event.kind)
    picture.capture = event.model_dump(mode="json")
    if event.kind not in FROM_OUTSIDE:
        await write_step(
            session, run, f"capture:{event.kind}", "completed", duration_ms=event.duration_ms
        )
    await write_step(session, run, f"optimize:{event.kind}", "waiting")


async def recorded(
    session: AsyncSession, run: Run, event: AssetRecorded, resources: Resources
) -> None:
    """Publish the picture's files and go on: ask for pictures, or end the run."""
    picture = owe(run, event.kind)
    step = f"optimize:{event.kind}"
    if event.kind not in FROM_OUTSIDE:
        await write_step(session, run, f"capture:{event.kind}", "completed")
    await write_step(
        session,
        run,
        step,
        "degraded" if event.degradations else "completed",
        duration_ms=event.duration_ms,
        message="; ".join(part.reason for part in event.degradations) or None,
        detail=origin_of(event),
    )
    if picture.state == "failed":
        forgive(run, f"capture:{event.kind}", step)
    degrade(run, *(part.model_dump() for part in event.degradations))
    made_of = None if event.degradations else picture.view_hash
    await _publish(session, run, picture, event.renditions, made_of)
    await go_on(session, run, resources)


async def failed(
    session: AsyncSession,
    run: Run,
    event: AssetFailed,
    as_captured: Rendition | None,
    resources: Resources,
) -> None:
    """Do without the picture, or publish it as it was captured when only optimising failed."""
    picture = owe(run, event.kind)
    if picture.state != "open":
        return
    await write_step(
        session,
        run,
        f"{event.stage}:{event.kind}",
        "failed" if as_captured is None else "degraded",
        attempt=event.attempts,
        message=reason_of(event),
        code=event.code,
        detail={"error": event.message},
    )
    degrade(run, {"stage": f"{event.stage}:{event.kind}", "reason": reason_of(event)})
    if as_captured is None:
        picture.state = "failed"
        log.warning("asset_failed", variant=event.kind, stage=event.stage, code=event.code)
    else:
        await _publish(session, run, picture, (as_captured,))
    await go_on(session, run, resources)


async def publish_capture(resources: Resources, event: AssetFailed) -> Rendition | None:
    """Copy a picture that could not be optimised to its public place, as it was captured.

    None for what came from outside: what nobody could decode never becomes public. None for a
    capture that is missing or damaged, and for a canceled run. Raises Transient while the ledger
    has not yet heard where the capture lies.
    """
    if event.kind in FROM_OUTSIDE or event.code in UNUSABLE:
        return None
    async with transaction(resources.sessions) as session:
        status = await session.scalar(select(Run.status).where(Run.id == event.run_id))
        capture = await session.scalar(
            select(RunPicture.capture).where(
                RunPicture.run_id == event.run_id, RunPicture.kind == event.kind
            )
        )
    if status == Status.canceled:
        return None
    if capture is None:
        message = f"the capture of {event.kind} has not been heard of yet"
        raise Transient(message, code="out_of_order")
    shot = AssetCaptured.model_validate(capture)
    stem = f"generated/{event.login.lower()}/{event.kind}-{shot.sha256[:12]}"
    await resources.objects.copy(shot.object_key, f"{stem}.png", shot.mime)
    return Rendition(
        format="png",
        object_key=f"{stem}.png",
        bytes=shot.bytes,
        sha256=shot.sha256,
        width=shot.width,
        height=shot.height,
        mime=shot.mime,
    )


async def go_on(session: AsyncSession, run: Run, resources: Resources) -> None:
    """Ask for the pictures once they can be taken, and end the run once nothing is owed."""
    if not Status(run.status).is_open:
        return
    states = states_of(run)
    if may_capture(card_ready=run.card_ready, pictures=states) and run.view_key:
        await request(session, resources.outbox, run, run.view_key, resources.variants)
    await close_if_over(session, resources.outbox, run)


def degrade(run: Run, *degradations: dict[str, str]) -> None:
    """Add what was lost to an open run, each thing once; a run that has ended stays as it was."""
    if not Status(run.status).is_open:
        return
    new = [part for part in degradations if part not in run.degradations]
    run.degradations = [*run.degradations, *new]


def forgive(run: Run, *stages: str) -> None:
    """Take back what an open run had lost at these stages: it was made good."""
    if Status(run.status).is_open:
        run.degradations = [part for part in run.degradations if part.get("stage") not in stages]


def reason_of(event: AssetFailed) -> str:
    """Return the sentence a person reads about a picture that failed."""
    what = "the avatar" if event.kind == AVATAR else f"the picture {event.kind}"
    if event.kind in ARTWORKS:
        what = f"the artwork {event.kind}"
    if event.stage == "optimize" and event.kind not in FROM_OUTSIDE and event.code not in UNUSABLE:
        return f"{what} is published as it was captured, not optimised".capitalize()
    return f"{what} could not be made".capitalize()


async def request(
    session: AsyncSession, outbox: Outbox, run: Run, view_key: str, variants: Sequence[str]
) -> None:
    """Ask for the pictures that are owed and not yet asked for, in the order of `variants`.

    One whose current files are made of just this view is kept instead, unless the run is forced.
    """
    waiting = [
        picture
        for picture in run.pictures.values()
        if picture.state == "open" and not picture.requested and picture.kind not in FROM_OUTSIDE
    ]
    if not waiting:
        return
    profile = await session.get_one(Profile, run.profile_id)
    order = {name: place for place, name in enumerate(variants)}
    waiting.sort(key=lambda picture: order.get(picture.kind, len(order)))
    wanted = view_hash(view_key, profile.avatar_key)
    current = await current_hashes(session, profile.id)
    kinds = [picture.kind for picture in waiting]
    kept = unchanged(kinds, current, wanted, force=bool(run.options.get("force")))
    files = await current_files(session, profile.id, kept) if kept else {}
    for picture in waiting:
        picture.requested, picture.view_hash = True, wanted
        if picture.kind in kept:
            picture.state = "recorded"
            await write_step(session, run, f"capture:{picture.kind}", "skipped", message=SAME)
            shown = {"variant": picture.kind, "files": files[picture.kind]}
            write_entry(session, run, "picture", shown)
    outbox.tell(
        session,
        *(
            CaptureRequested(
                run_id=run.id,
                login=profile.display_login,
                variant=picture.kind,
                view_key=view_key,
                avatar_key=profile.avatar_key,
            )
            for picture in waiting
            if picture.kind not in kept
        ),
    )


async def _publish(
    session: AsyncSession,
    run: Run,
    picture: RunPicture,
    renditions: tuple[Rendition, ...],
    made_of: str | None = None,
) -> None:
    picture.state = "recorded"
    picture.object_key = renditions[0].object_key
    if Status(run.status) is Status.canceled:
        return
    if picture.kind == AVATAR:
        if await is_newest(session, run):
            profile = await session.get_one(Profile, run.profile_id)
            profile.avatar_key = picture.object_key
        return
    if picture.kind in ARTWORKS and not await _has_its_turn(session, run):
        log.info("artwork_unwanted", variant=picture.kind)
        return
    current = await publish_picture(session, run, picture.kind, renditions, made_of)
    if not current:
        log.info("asset_stale", variant=picture.kind)
        return
    files = {rendition.format: rendition.object_key for rendition in renditions}
    write_entry(session, run, "picture", {"variant": picture.kind, "files": files})


async def _has_its_turn(session: AsyncSession, run: Run) -> bool:
    """Return whether the run still holds the claim: its owner may have thought better of it."""
    profile = await session.get_one(Profile, run.profile_id)
    return profile.artwork_run_id == run.id
