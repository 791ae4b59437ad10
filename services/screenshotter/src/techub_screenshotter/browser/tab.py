"""One page: it shows what it is given, waits until that is ready, and is photographed."""

import base64
import struct
from collections import deque
from dataclasses import dataclass
from typing import Final

from playwright.async_api import CDPSession, Page, Route, ViewportSize
from playwright.async_api import Error as PlaywrightError

from techub_cards.fit import SCRIPT
from techub_cards.variants import Variant
from techub_common.errors import Permanent

TIDY_EVERY: Final = 20
WIPES: Final = 3
REMEMBERED: Final = 50
LONGEST_LINE: Final = 500


class BrowserLost(Exception):
    """The browser, or the page at work, is gone; everything in it is lost."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished capture; `refused` is how many requests its page tried to make."""

    png: bytes
    width: int
    height: int
    refused: int = 0


class Tab:
    """One page and the debugging session that photographs it."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self._page = page
        self._session = session
        self._refused = 0
        self._drawn = 0
        self._crashed = False
        self._console: deque[str] = deque(maxlen=REMEMBERED)

    async def refuse(self, route: Route) -> None:
        """Abort a request and count it."""
        self._refused += 1
        await route.abort()

    def crash(self) -> None:
        """Note that the page's process is gone, killed or out of memory: the tab is of no use."""
        self._crashed = True

    def heard(self, line: str) -> None:
        """Remember what the page or the browser said about it, the last lines only."""
        self._console.append(line[:LONGEST_LINE])

    async def draw(self, html: str, variant: Variant) -> Picture:
        """Return the picture of a page that says it is ready.

        Raise Permanent `render_failed` when the page is at fault, BrowserLost when nobody answers.
        """
        self._refused = 0
        self._console.clear()
        try:
            await self._show(html, variant)
            shot = await self._photographed()
            if self._refused:
                await self._wipe()
            await self._tidy()
        except PlaywrightError as error:
            if self._crashed:
                raise BrowserLost(first_line(error)) from error
            await self._wipe()
            raise self._failed(variant, first_line(error)) from error
        png = base64.b64decode(shot["data"])
        width, height = struct.unpack(">II", png[16:24])
        if (width, height) != (variant.width, variant.height):
            raise self._failed(variant, f"the picture is {width}x{height}")
        return Picture(png, width, height, self._refused)

    async def _photographed(self) -> dict[str, str]:
        """Return the picture of what is shown; a page that is ready and cannot be is a lost one."""
        options = {"format": "png", "optimizeForSpeed": True}
        try:
            shot: dict[str, str] = await self._session.send("Page.captureScreenshot", options)
        except PlaywrightError as error:
            raise BrowserLost(first_line(error)) from error
        return shot

    async def _show(self, html: str, variant: Variant) -> None:
        size = ViewportSize(width=variant.width, height=variant.height)
        if self._page.viewport_size != size:
            await self._page.set_viewport_size(size)
        await self._page.set_content(html)
        report = await self._page.evaluate(SCRIPT)
        ready = report.get("ready") if isinstance(report, dict) else None
        if ready != variant.name:
            raise self._failed(variant, f"the page says it is {ready!r}")
        if report["blank"]:
            raise self._failed(variant, "the page shows nothing")

    def _failed(self, variant: Variant, reason: str) -> Permanent:
        """Return the error of a page that cannot be drawn, however often it is tried."""
        message = f"{variant.name} was not drawn: {reason}"
        detail = {"variant": variant.name, "console": list(self._console)}
        return Permanent(message, code="render_failed", detail=detail)

    async def _tidy(self) -> None:
        """Free the pages of earlier pictures now and then: without scripts Chromium hardly does."""
        self._drawn += 1
        if self._drawn % TIDY_EVERY == 0:
            await self._session.send("HeapProfiler.collectGarbage")

    async def _wipe(self) -> None:
        """Leave whatever is shown for an empty page: only a living tab can."""
        for attempt in range(1, WIPES + 1):  # a page on its way elsewhere interrupts the first
            try:
                await self._page.goto("about:blank")
            except PlaywrightError as error:
                if attempt == WIPES:
                    raise BrowserLost(first_line(error)) from error
            else:
                return


def first_line(error: PlaywrightError) -> str:
    """Return what happened without the call log."""
    return error.message.partition("\n")[0]
