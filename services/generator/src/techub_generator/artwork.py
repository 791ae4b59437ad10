"""Artworks in the avatar's spirit, where the policy has them drawn; they never fail a card."""

import hashlib
import time
from typing import Final

import structlog

from techub_common.errors import Permanent
from techub_common.events import SUITE, AssetCaptured
from techub_generator.avatar import Avatar
from techub_generator.description import AvatarDescription
from techub_generator.failures import StageFailed
from techub_generator.gemini.art import ARTWORK_VERSION, FORMS, ArtPrompt, traits_line
from techub_generator.gemini.describing import SEEN
from techub_generator.gemini.drawing import SECONDS, Drawer, Drawn
from techub_generator.gemini.exchange import Picture
from techub_generator.pictures import seen
from techub_generator.profile import GitHubProfile
from techub_generator.side_by_side import side_by_side
from techub_generator.stages import MOCK, NO_CREDENTIAL, Done, Paid, Run, drawing

log = structlog.get_logger()

MARGIN: Final = 15.0  # seconds a stage may take beyond asking, to store what came
BROKEN: Final = "The artwork could not be kept."


class Artwork(Paid):
    """The JSON of `runs/<run_id>/draw_<kind>.json`; without `object_key` nothing was drawn.

    `calls` is what this run has asked for it, `provider` whose `model` drew it with which prompt.
    """

    kind: str
    object_key: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    mime: str | None = None
    provider: str | None = None
    model: str | None = None
    prompt_version: str = ARTWORK_VERSION
    duration_ms: int = 0


async def draw_suite(
    run: Run,
    drawer: Drawer,
    profile: GitHubProfile,
    avatar: Avatar | None,
    description: AvatarDescription | None,
) -> tuple[Artwork, ...]:
    """Return what was drawn, each told to the optimizer, and what was asked in vain.

    Nothing where the policy does not ask for it: then the run has no such stages.
    """
    if not run.event.policy.artwork:
        return ()
    wanted = run.event.options.artworks or SUITE
    reference = await _reference(run, avatar) if drawer.providers else None
    traits = traits_line(profile)
    said = description.description if description else None

    async def one(kind: str) -> Artwork | None:
        prompt = ArtPrompt(FORMS[kind], traits, said, reference)
        return await _drawn(run, drawer, kind, prompt)

    found = await side_by_side(*(one(kind) for kind in wanted if kind in FORMS))
    return tuple(artwork for artwork in found if artwork)


async def _drawn(run: Run, drawer: Drawer, kind: str, prompt: ArtPrompt) -> Artwork | None:
    stage = drawing(kind)
    unless = MOCK if run.event.options.ai_mode == "mock" else None
    try:
        artwork = await run.stage(
            stage,
            Artwork,
            lambda: _asked(run, drawer, kind, prompt),
            unless=unless or (None if drawer.providers else NO_CREDENTIAL),
            seconds=SECONDS + MARGIN,
        )
    except StageFailed as error:  # a card is worth more than its artwork
        log.exception("artwork_failed", kind=kind, error=str(error))
        run.lose(stage, BROKEN)
        return None
    if artwork and artwork.object_key:  # on every attempt: the stream may have lost it
        await run.tell(_captured(run, artwork))
    return artwork


async def _asked(run: Run, drawer: Drawer, kind: str, prompt: ArtPrompt) -> Done[Artwork]:
    started = time.monotonic()
    drawn = await drawer.draw(prompt)
    artwork = Artwork(kind=kind, calls=tuple(drawn.calls))
    if drawn.picture is None or drawn.head is None:
        lost = f"The artwork could not be drawn: {drawn.reason}."
        log.warning("artwork_failed", kind=kind, error=drawn.reason, attempts=len(drawn.calls))
        return Done(artwork, lost, lost=lost)
    kept = await _kept(run, artwork, drawn, drawn.picture.content)
    took = round((time.monotonic() - started) * 1000)
    log.info("artwork_drawn", kind=kind, provider=kept.provider, model=kept.model, duration_ms=took)
    size = f"{kept.width} by {kept.height} pixels"
    spoken = drawn.by.spoken if drawn.by else ""
    message = f"Drawn by {kept.model} through {spoken}, {size}."
    return Done(kept.model_copy(update={"duration_ms": took}), message)


async def _kept(run: Run, artwork: Artwork, drawn: Drawn, content: bytes) -> Artwork:
    """Store the picture where the optimizer finds it."""
    head = drawn.head
    digest = hashlib.sha256(content).hexdigest()
    extension, mime = (head.extension, head.mime) if head else ("", "")
    key = f"runs/{run.event.run_id}/captures/{artwork.kind}-{digest[:12]}.{extension}"
    await run.store.put(key, content, mime)
    return artwork.model_copy(
        update={
            "object_key": key,
            "sha256": digest,
            "bytes": len(content),
            "width": head.width if head else 0,
            "height": head.height if head else 0,
            "mime": mime,
            "provider": str(drawn.by),
            "model": drawn.model,
        }
    )


def _captured(run: Run, artwork: Artwork) -> AssetCaptured:
    """Return the fact that the artwork waits for the optimizer; the same one on every attempt."""
    return AssetCaptured.model_validate(
        artwork.model_dump(exclude={"model", "prompt_version", "calls"})
        | {"run_id": run.event.run_id, "login": run.event.login}
    )


async def _reference(run: Run, avatar: Avatar | None) -> Picture | None:
    """Return the avatar of this run, or the one known from before; None for none that is shown."""
    key = avatar.object_key if avatar else run.event.known.avatar
    if key is None:
        return None
    try:
        content = await run.store.get(key)
    except Permanent:
        return None
    head = seen(content)
    return Picture(content, head.mime) if head and head.mime in SEEN else None
