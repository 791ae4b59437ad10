"""Puts the screenshotter together: one consumer in front of one warm browser."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from techub_cards.variants import VARIANTS
from techub_common.doctor.answering import answering_doctor
from techub_common.runtime import Service
from techub_common.streams import SCREENSHOTTER
from techub_screenshotter.doctor import checks
from techub_screenshotter.handlers import capture_picture, gave_up, retried
from techub_screenshotter.resources import open_resources
from techub_screenshotter.settings import Settings


def opener(settings: Settings) -> Callable[[Service], AbstractAsyncContextManager[None]]:
    """Return what opens the service with these settings."""

    @asynccontextmanager
    async def open_service(service: Service) -> AsyncIterator[None]:
        async with open_resources(service, settings) as resources:
            service.provide(resources=resources)
            service.metrics.knows(variants=VARIANTS)
            service.hear(
                SCREENSHOTTER,
                capture_picture,
                slots=settings.screenshot_concurrency,
                gave_up=gave_up,
                retried=retried,
            )
            service.loops.append(resources.studio.keep_warm)
            async with answering_doctor(service, checks(service, settings, resources)):
                yield

    return open_service
