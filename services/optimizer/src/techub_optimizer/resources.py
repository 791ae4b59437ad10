"""What the optimizer keeps open while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from techub_common.broker import Teller
from techub_common.errors import Permanent
from techub_common.runtime import Service
from techub_common.storage import WholeStore, open_store
from techub_optimizer.door import Door, open_door
from techub_optimizer.engines import Engine
from techub_optimizer.images import Libvips, open_libvips
from techub_optimizer.magick import find_magick
from techub_optimizer.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Resources:
    """Handed to handlers by annotation; `engines` are tried in this order on captures."""

    objects: WholeStore
    door: Door
    engines: tuple[Engine, ...]
    tell: Teller
    avif: bool = False


@asynccontextmanager
async def open_resources(service: Service, settings: Settings) -> AsyncIterator[Resources]:
    """Yield everything opened; raise Permanent when no engine is left."""
    with open_libvips() as vips:
        engines = await _engines(vips, settings)
        log.info("engines_found", engines=[engine.name for engine in engines])
        async with open_store(settings) as objects, open_door() as door:
            service.checks["storage"] = objects.probe
            yield Resources(objects, door, engines, service.tell, avif=settings.image_opt_avif)


async def _engines(vips: Libvips, settings: Settings) -> tuple[Engine, ...]:
    magick = await find_magick(settings.im_cli)
    engines: list[Engine] = [vips] if settings.image_opt_vips else []
    if magick is not None:
        engines.append(magick)
    if not engines:
        message = "IMAGE_OPT_VIPS=0 needs ImageMagick: install it or name it in IM_CLI"
        raise Permanent(message, code="magick_missing")
    return tuple(engines)
