"""Puts the optimizer together: one consumer in front of the engines."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from techub_common.doctor.answering import answering_doctor
from techub_common.runtime import Service
from techub_common.streams import OPTIMIZER
from techub_optimizer.doctor import checks
from techub_optimizer.handlers import gave_up, optimize_asset, retried
from techub_optimizer.resources import open_resources
from techub_optimizer.settings import Settings

SLOTS: Final = 2


def opener(settings: Settings) -> Callable[[Service], AbstractAsyncContextManager[None]]:
    """Return what opens the service with these settings."""

    @asynccontextmanager
    async def open_service(service: Service) -> AsyncIterator[None]:
        async with open_resources(service, settings) as resources:
            service.provide(resources=resources)
            service.hear(OPTIMIZER, optimize_asset, slots=SLOTS, gave_up=gave_up, retried=retried)
            async with answering_doctor(service, checks(service, settings, resources)):
                yield

    return open_service
