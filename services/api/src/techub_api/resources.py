"""What the api keeps open while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from techub_api.embeds.shelf import Shelf
from techub_api.runs.feed import Feed
from techub_api.schema import OUTBOX
from techub_api.settings import Settings
from techub_common.asking import Ask, Asker
from techub_common.broker import Teller
from techub_common.database import Sessions, open_sessions, ping
from techub_common.outbox import Outbox
from techub_common.runtime import Service
from techub_common.storage import WholeStore, open_store


@dataclass(frozen=True, slots=True)
class Resources:
    """Handed to handlers by annotation and to routes by `Depends`."""

    settings: Settings
    sessions: Sessions
    objects: WholeStore
    outbox: Outbox
    tell: Teller
    ask: Ask
    feed: Feed
    variants: tuple[str, ...]
    shelf: Shelf = field(default_factory=Shelf)


@asynccontextmanager
async def open_resources(service: Service, settings: Settings) -> AsyncIterator[Resources]:
    """Yield everything opened; the checks are added to the service's readiness."""
    url = settings.database_url.get_secret_value()
    async with open_sessions(url) as sessions, open_store(settings) as objects:
        service.checks["database"] = lambda: ping(sessions)
        service.checks["storage"] = objects.probe
        yield Resources(
            settings=settings,
            sessions=sessions,
            objects=objects,
            outbox=Outbox(OUTBOX, settings.source, service.metrics),
            tell=service.tell,
            ask=Asker(service.broker),
            feed=Feed(url),
            variants=settings.variants,
        )
