"""What the screenshotter keeps open while it runs."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from prometheus_client import Counter

from techub_common.broker import Teller
from techub_common.runtime import Service
from techub_common.storage import WholeStore, open_store
from techub_screenshotter.browser import open_browser
from techub_screenshotter.metrics import browser_metrics
from techub_screenshotter.settings import Settings
from techub_screenshotter.studio import Studio


@dataclass(frozen=True, slots=True)
class Resources:
    """Handed to handlers by annotation; `refused` counts requests that pages tried to make."""

    objects: WholeStore
    studio: Studio
    tell: Teller
    refused: Counter


@asynccontextmanager
async def open_resources(service: Service, settings: Settings) -> AsyncIterator[Resources]:
    """Yield everything opened, a browser included; the checks are added to readiness."""
    opens = partial(open_browser, settings.chromium_path, settings.screenshot_concurrency)
    metrics = browser_metrics(service.registry)
    studio = Studio(
        opens,
        seconds=settings.screenshot_timeout_ms / 1000,
        replaced=lambda reason: metrics.replaced.labels(reason).inc(),
    )
    metrics.age.set_function(lambda: studio.age)
    async with open_store(settings) as objects, aclosing(studio):
        await studio.open()
        service.checks["storage"] = objects.probe
        service.checks["chromium"] = studio.check
        yield Resources(
            objects=objects,
            studio=studio,
            tell=service.tell,
            refused=metrics.refused,
        )
