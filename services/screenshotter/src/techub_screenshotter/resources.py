"""What the screenshotter keeps open while it runs."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from prometheus_client import Counter, Gauge

from techub_common.broker import Teller
from techub_common.runtime import Service
from techub_common.storage import ObjectStore, open_store
from techub_screenshotter.browser import open_browser
from techub_screenshotter.settings import Settings
from techub_screenshotter.studio import REASONS, Studio


@dataclass(frozen=True, slots=True)
class Resources:
    """Handed to handlers by annotation; `refused` counts requests that pages tried to make."""

    objects: ObjectStore
    studio: Studio
    tell: Teller
    refused: Counter


@asynccontextmanager
async def open_resources(service: Service, settings: Settings) -> AsyncIterator[Resources]:
    """Yield everything opened, a browser included; the checks are added to readiness."""
    opens = partial(open_browser, settings.chromium_path, settings.screenshot_concurrency)
    recycles = Counter(
        "techub_screenshot_browser_replacements",
        "Browsers replaced, because their memory grew or because they failed",
        ["reason"],
        registry=service.registry,
    )
    for reason in REASONS:
        recycles.labels(reason)
    studio = Studio(
        opens,
        seconds=settings.screenshot_timeout_ms / 1000,
        replaced=lambda reason: recycles.labels(reason).inc(),
    )
    age = Gauge(
        "techub_screenshot_browser_age_seconds",
        "How long ago the browser at hand was started",
        registry=service.registry,
    )
    age.set_function(lambda: studio.age)
    async with open_store(settings) as objects, aclosing(studio):
        await studio.open()
        service.checks["storage"] = objects.probe
        service.checks["chromium"] = studio.check
        yield Resources(
            objects=objects,
            studio=studio,
            tell=service.tell,
            refused=Counter(
                "techub_screenshot_requests_refused",
                "Requests that pages tried to make and were not allowed to",
                registry=service.registry,
            ),
        )
