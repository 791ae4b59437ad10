"""What the optimizer depends on, each with a look at it."""

import struct
import zlib
from typing import Final

from techub_common.doctor import Check, Seen, ill, poor, well
from techub_common.doctor.dependencies import consumer, nats, store
from techub_common.runtime import Service
from techub_common.streams import OPTIMIZER
from techub_optimizer.door import Door, Shape
from techub_optimizer.engines import Engine, EngineFailed
from techub_optimizer.formats import formats_of
from techub_optimizer.resources import Resources
from techub_optimizer.settings import Settings

KIND: Final = "og"
SIDE: Final = 64
ENCODES_WITHIN: Final = 20.0
DOOR_SECONDS: Final = 20.0

VIPS_OFF: Final = poor(
    "IMAGE_OPT_VIPS=0: libvips is not used",
    "Set IMAGE_OPT_VIPS=1: libvips makes smaller files, and faster.",
)
NO_MAGICK: Final = poor(
    "no ImageMagick on this machine",
    "Install ImageMagick, or name its command in IM_CLI: without it a picture libvips fails on is"
    " published as it was captured.",
)
VIPS_MEND: Final = "See `vips_optimize_failed` in the optimizer's log; reinstall its image."
MAGICK_MEND: Final = (
    "See `magick_optimize_failed` in the optimizer's log, and that IM_CLI is right."
)
DOOR_MEND: Final = "See `door_worker_died` in the optimizer's log; memory is the usual reason."
MENDS: Final = {"vips": VIPS_MEND, "magick": MAGICK_MEND}


def checks(service: Service, settings: Settings, resources: Resources) -> tuple[Check, ...]:
    """Return the road, the store, a picture through each engine, and one through the door."""
    engines = {engine.provider: engine for engine in resources.engines}
    return (
        nats(service.client),
        consumer(service.jetstream, OPTIMIZER, ack_wait=settings.ack_wait_seconds),
        store(resources.objects, settings),
        _engine("libvips", engines.get("vips"), VIPS_OFF, avif=resources.avif),
        _engine("imagemagick", engines.get("magick"), NO_MAGICK),
        _door(resources.door),
    )


def _engine(name: str, engine: Engine | None, lacking: Seen, *, avif: bool = False) -> Check:
    async def look() -> Seen:
        if engine is None:
            return lacking
        formats = formats_of(KIND, avif=avif)
        try:
            files = await engine.encode(sample(), formats)
        except EngineFailed as error:
            return ill(str(error), MENDS[engine.provider])
        if missing := [form for form in formats if not files.get(form)]:
            return ill(f"{engine.name} made no {', '.join(missing)}", MENDS[engine.provider])
        return well(f"{engine.name} made {', '.join(files)} of a picture")

    mend = MENDS[engine.provider] if engine else lacking.todo
    return Check(name, look, mend, seconds=ENCODES_WITHIN)


def _door(door: Door) -> Check:
    async def look() -> Seen:
        admitted = await door.admit(sample(), Shape.avatar)
        return well(f"{door.name} made a stranger's picture anew: {admitted.form}")

    return Check("door", look, DOOR_MEND, seconds=DOOR_SECONDS)


def sample() -> bytes:
    """Return a small PNG of our own making, a gradient, as a screenshot would be."""
    rows = b"".join(
        b"\0" + bytes(shade for x in range(SIDE) for shade in (4 * x, 4 * y, 128))
        for y in range(SIDE)
    )
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check
