"""A picture is asked for: draw it, keep it, tell it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Annotated

import structlog
from faststream import Context

from techub_common.errors import Permanent, Transient, code_of
from techub_common.events import (
    AssetCaptured,
    AssetFailed,
    CaptureRequested,
    Event,
    StageRecorded,
    StageStatus,
)
from techub_common.masking import mask
from techub_screenshotter.captures import canvas, capture_key, digest, inlined, page
from techub_screenshotter.evidence import keep_evidence
from techub_screenshotter.resources import Resources

log = structlog.get_logger()


async def capture_picture(
    event: CaptureRequested, resources: Annotated[Resources, Context()]
) -> None:
    """The picture of the card view lies in the store, and its capture is told."""
    started = time.monotonic()
    variant = canvas(event.variant)
    view, avatar = await asyncio.gather(
        resources.objects.get(event.view_key), _avatar(event.avatar_key, resources)
    )
    html = await asyncio.to_thread(page, variant, view, avatar)
    try:
        picture = await resources.studio.draw(html, variant)
    except (Permanent, Transient) as error:
        await keep_evidence(resources.objects, event.run_id, variant.name, html, error)
        raise
    sha256 = digest(picture.png)
    key = capture_key(event.run_id, variant.name, sha256)
    await resources.objects.put(key, picture.png, "image/png")
    duration_ms = round((time.monotonic() - started) * 1000)
    await resources.tell(
        AssetCaptured(
            run_id=event.run_id,
            login=event.login,
            kind=variant.name,
            object_key=key,
            sha256=sha256,
            bytes=len(picture.png),
            width=picture.width,
            height=picture.height,
            mime="image/png",
            duration_ms=duration_ms,
        )
    )
    resources.refused.inc(picture.refused)
    log.info(
        "picture_captured", variant=variant.name, duration_ms=duration_ms, refused=picture.refused
    )


def gave_up(event: Event, error: BaseException, attempts: int) -> Event | None:
    """Return the failure of a picture that will not be tried again."""
    if not isinstance(event, CaptureRequested):
        return None
    log.error("screenshot_failed", variant=event.variant, code=code_of(error), error=str(error))
    return AssetFailed(
        run_id=event.run_id,
        login=event.login,
        kind=event.variant,
        stage="capture",
        code=code_of(error),
        message=mask(str(error)),
        attempts=attempts,
    )


def retried(event: Event, error: BaseException, attempt: int) -> Event | None:
    """Return the line of the story that says the picture will be tried again."""
    if not isinstance(event, CaptureRequested):
        return None
    return StageRecorded(
        run_id=event.run_id,
        login=event.login,
        stage=f"capture:{event.variant}",
        status=StageStatus.retrying,
        attempt=attempt,
        started_at=datetime.now(UTC),
        message=mask(str(error)),
        detail={"code": code_of(error)},
    )


async def _avatar(key: str | None, resources: Resources) -> str | None:
    return inlined(key, await resources.objects.get(key)) if key else None
