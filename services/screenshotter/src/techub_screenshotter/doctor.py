"""What the screenshotter depends on, each with a look at it."""

from functools import partial
from typing import Final

from techub_cards.variants import Variant
from techub_common.doctor import Check, Seen, ill, well
from techub_common.doctor.dependencies import consumer, nats, store
from techub_common.errors import Permanent, Transient
from techub_common.remembering import Remembering
from techub_common.runtime import Service
from techub_common.streams import SCREENSHOTTER
from techub_screenshotter.resources import Resources
from techub_screenshotter.settings import Settings
from techub_screenshotter.studio import Studio

CANVAS: Final = Variant("doctor", 200, 100, "doctor", "A doctor's look")
PAGE: Final = (
    f'<!doctype html><html data-variant="{CANVAS.name}"><head><meta charset="utf-8"></head>'
    '<body style="margin:0"><div class="canvas">TecHub ♥</div></body></html>'
)
STARTS_WITHIN: Final = 10.0
LONGEST: Final = 25.0

INSTALL: Final = (
    "Install Chromium, or say in CHROMIUM_PATH where it is; then restart the screenshotter."
)
MEND: Final = (
    "See `chromium_replaced` in the screenshotter's log; memory, and its sandbox (the runbook's"
    " seccomp profile), are the usual reasons."
)


def checks(service: Service, settings: Settings, resources: Resources) -> tuple[Check, ...]:
    """Return the road, the store, the browser's file, and a picture of a real page."""
    return (
        nats(service.client),
        consumer(service.jetstream, SCREENSHOTTER, ack_wait=settings.ack_wait_seconds),
        store(resources.objects, settings),
        _executable(resources.studio),
        _picture(resources.studio, settings.screenshot_timeout_ms / 1000),
    )


def _executable(studio: Studio) -> Check:
    async def look() -> Seen:
        path = studio.executable
        if path is None:
            return ill("no browser is running", MEND)
        if not path.is_file():
            return ill(f"{path} is gone: the next browser will not start", INSTALL)
        return well(f"{path}, started {studio.age:,.0f} s ago")

    return Check("chromium", look, MEND)


def _picture(studio: Studio, seconds: float) -> Check:
    """Draw a page; a look that is called off leaves the drawing alone, whose tab would be lost."""
    drawing = Remembering(partial(studio.draw, PAGE, CANVAS), keep=0)

    async def look() -> Seen:
        try:
            picture = (await drawing.recall()).answer
        except Permanent as error:
            return ill(str(error), INSTALL if error.code == "chromium_missing" else MEND)
        except Transient as error:
            return ill(str(error), MEND)
        return well(f"a page was drawn: {picture.width}x{picture.height}, {len(picture.png)} bytes")

    return Check("chromium picture", look, MEND, seconds=min(seconds + STARTS_WITHIN, LONGEST))
