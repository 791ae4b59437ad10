"""One warm browser, replaced when it breaks, hangs or has drawn enough."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Final

import structlog

from techub_cards.variants import Variant
from techub_common.errors import Transient
from techub_screenshotter.browser import Browser, BrowserLost, Picture

log = structlog.get_logger()

PICTURES: Final = 500

REASONS: Final = ("memory", "failure")
PATIENCE: Final = 25
"""A browser that has drawn its share is weighed before every so many further pictures."""

OpenBrowser = Callable[[], AbstractAsyncContextManager[Browser]]


class Studio:
    """Draws pictures on the browser of the day, each within `seconds`.

    A browser that fails a picture is ended and replaced before the failure is told; one that has
    drawn `pictures` is replaced before the next once its memory has grown, and ends when what it
    still draws is done. `replaced` hears why: `memory` or `failure`.
    """

    def __init__(
        self,
        opens: OpenBrowser,
        *,
        seconds: float,
        pictures: int = PICTURES,
        replaced: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._opens = opens
        self._replaced = replaced
        self._seconds = seconds
        self._pictures = pictures
        self._lock = asyncio.Lock()
        self._browser: Browser | None = None
        self._open: dict[Browser, AsyncExitStack] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Have the first browser ready; raise Permanent `chromium_missing` or Transient."""
        await self._at_hand()

    async def draw(self, html: str, variant: Variant) -> Picture:
        """Return the picture; raise Transient `chromium_failed` or Permanent `render_failed`."""
        browser = await self._at_hand()
        try:
            async with asyncio.timeout(self._seconds):
                return await browser.draw(html, variant)
        except (TimeoutError, BrowserLost) as error:
            reason = str(error) or f"nothing was drawn within {self._seconds:g} s"
            await self._replace(browser, reason)
            message = f"Chromium failed on {variant.name}: {reason}"
            raise Transient(message, code="chromium_failed") from error

    async def keep_warm(self) -> None:
        """Have a browser at hand for ever, also when it dies while nobody draws."""
        while True:
            browser = await self._at_hand()
            await browser.gone.wait()

    async def check(self) -> None:
        """Return when a browser is alive; raise Transient."""
        if self._browser is None or not self._browser.alive:
            message = "Chromium is not running"
            raise Transient(message, code="chromium_failed")

    @property
    def age(self) -> float:
        """Return how many seconds ago the browser at hand was started; 0 without one."""
        return time.monotonic() - self._browser.born if self._browser else 0.0

    @property
    def executable(self) -> Path | None:
        """Return the file of the browser at hand; None without one."""
        return self._browser.executable if self._browser and self._browser.alive else None

    async def aclose(self) -> None:
        """End every browser."""
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        self._browser = None
        for browser in list(self._open):
            await self._end(browser)

    async def _at_hand(self) -> Browser:
        async with self._lock:
            browser = self._browser
            if browser is not None and browser.alive:
                if not self._has_served(browser):
                    return browser
                log.info("chromium_recycled", pictures=browser.drawn)
                self._replaced("memory")
                self._let_go(browser)
            elif browser is not None:
                await self._end(browser)
            return await self._launch()

    def _has_served(self, browser: Browser) -> bool:
        over = browser.drawn - self._pictures
        return over >= 0 and over % PATIENCE == 0 and browser.grown

    async def _replace(self, browser: Browser, reason: str) -> None:
        async with self._lock:
            if self._browser is browser:
                log.warning("chromium_replaced", error=reason, pictures=browser.drawn)
                self._replaced("failure")
                browser.kill()
                await self._end(browser)
                await self._launch()

    async def _launch(self) -> Browser:
        self._browser = None
        stack = AsyncExitStack()
        browser = await stack.enter_async_context(self._opens())
        self._open[browser] = stack
        self._browser = browser
        return browser

    def _let_go(self, browser: Browser) -> None:
        async def leave() -> None:
            try:
                async with asyncio.timeout(self._seconds * 2):
                    await browser.idle()
            except TimeoutError:
                browser.kill()
            await self._end(browser)

        task = asyncio.create_task(leave())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _end(self, browser: Browser) -> None:
        if stack := self._open.pop(browser, None):
            await stack.aclose()
