"""A picture was taken: make it small, publish it, tell it."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Annotated

import structlog
from faststream import Context

from techub_common.errors import Permanent, code_of
from techub_common.events import (
    ARTWORKS,
    AVATAR,
    AssetCaptured,
    AssetFailed,
    AssetRecorded,
    Event,
    StageRecorded,
    StageStatus,
)
from techub_common.masking import mask
from techub_optimizer.door import Shape
from techub_optimizer.engines import Made, make, savings
from techub_optimizer.formats import formats_of, webp_of
from techub_optimizer.publishing import losses, publish_admitted, publish_picture
from techub_optimizer.resources import Resources

log = structlog.get_logger()

SHAPES = {AVATAR: Shape.avatar} | dict.fromkeys(ARTWORKS, Shape.artwork)


async def optimize_asset(event: AssetCaptured, resources: Annotated[Resources, Context()]) -> None:
    """The asset's public files are in the store, and that is told."""
    started = time.monotonic()
    log.info("image_optimize_started", variant=event.kind, size=event.bytes)
    content = await _read(event, resources)
    shape = SHAPES.get(event.kind)
    if shape is None:
        recorded = await _picture(event, content, resources)
    else:
        recorded = await _from_outside(event, content, shape, resources)
    recorded = recorded.model_copy(update={"duration_ms": _ms_since(started)})
    await resources.tell(recorded)
    log.info(
        "record_asset_ok",
        variant=event.kind,
        object_key=recorded.renditions[0].object_key,
        duration_ms=recorded.duration_ms,
    )


async def _read(event: AssetCaptured, resources: Resources) -> bytes:
    """Return the very bytes that were captured; raise Permanent `object_damaged`."""
    content = await resources.objects.get(event.object_key)
    if hashlib.sha256(content).hexdigest() != event.sha256:
        message = (
            f"the object {event.object_key} holds {len(content)} bytes that are not the "
            f"{event.bytes} that were captured"
        )
        raise Permanent(message, code="object_damaged")
    return content


async def _picture(event: AssetCaptured, content: bytes, resources: Resources) -> AssetRecorded:
    started = time.monotonic()
    formats = formats_of(event.kind, avif=resources.avif)
    made = await make(content, formats, resources.engines, webp_of(event.kind))
    renditions = await publish_picture(resources.objects, event, made)
    _report(event.kind, content, made, _ms_since(started))
    return AssetRecorded(
        run_id=event.run_id,
        login=event.login,
        kind=event.kind,
        provider=made.provider,
        renditions=renditions,
        bytes_before=len(content),
        engine=made.engine,
        degradations=losses(event.kind, made),
    )


async def _from_outside(
    event: AssetCaptured, content: bytes, shape: Shape, resources: Resources
) -> AssetRecorded:
    started = time.monotonic()
    admitted = await resources.door.admit(content, shape)
    renditions = await publish_admitted(resources.objects, event, admitted)
    _completed(
        event.kind, len(content), len(admitted.content), resources.door.name, _ms_since(started)
    )
    return AssetRecorded(
        run_id=event.run_id,
        login=event.login,
        kind=event.kind,
        provider=event.provider or resources.door.provider,
        renditions=renditions,
        bytes_before=len(content),
        engine=resources.door.name,
    )


def gave_up(event: Event, error: BaseException, attempts: int) -> Event | None:
    """Return the failure of an asset that will not be tried again."""
    if not isinstance(event, AssetCaptured):
        return None
    log.error("image_optimize_failed", variant=event.kind, code=code_of(error), error=str(error))
    return AssetFailed(
        run_id=event.run_id,
        login=event.login,
        kind=event.kind,
        stage="optimize",
        code=code_of(error),
        message=mask(str(error)),
        attempts=attempts,
    )


def retried(event: Event, error: BaseException, attempt: int) -> Event | None:
    """Return the line of the story that says the asset will be tried again."""
    if not isinstance(event, AssetCaptured):
        return None
    return StageRecorded(
        run_id=event.run_id,
        login=event.login,
        stage=f"optimize:{event.kind}",
        status=StageStatus.retrying,
        attempt=attempt,
        started_at=datetime.now(UTC),
        message=mask(str(error)),
        detail={"code": code_of(error)},
    )


def _report(kind: str, capture: bytes, made: Made, duration_ms: int) -> None:
    before, after = len(capture), len(made.files["png"])
    if not made.optimised:
        log.error("image_optimize_failed", variant=kind, error="no engine could do it")
    elif after == before:
        log.info("image_optimize_skipped", variant=kind, reason="not_smaller", size=before)
    else:
        _completed(kind, before, after, made.engine, duration_ms)


def _completed(kind: str, before: int, after: int, engine: str, duration_ms: int) -> None:
    log.info(
        "image_optimize_completed",
        variant=kind,
        original_size=before,
        optimized_size=after,
        savings_percent=savings(before, after),
        engine=engine,
        duration_ms=duration_ms,
    )


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
