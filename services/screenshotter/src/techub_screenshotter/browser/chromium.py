"""A running Chromium, sealed: no script, no network, no secret of ours, and it dies with us."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from techub_cards.variants import Variant
from techub_common.errors import Permanent, Transient
from techub_screenshotter.browser.memory import memory_of
from techub_screenshotter.browser.tab import Picture, Tab, first_line
from techub_screenshotter.executable import WELL_KNOWN, chromium_at

log = structlog.get_logger()

# Names resolve to nothing, and addresses count as names: no socket opens, whatever a page asks.
ARGS: Final = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--font-render-hinting=none",
    "--no-first-run",
)
STOP_SECONDS: Final = 5.0
WARM: Final = 50
"""A browser is warm after so many pictures; from then on its memory should stand still."""
GROWTH: Final = 1.1


class Browser:
    """A Chromium with a fixed number of tabs, started at `born`; `gone` once it has ended."""

    def __init__(self, chromium: Chromium, executable: Path, pid: int, tabs: list[Tab]) -> None:
        self.executable = executable
        self.pid = pid
        self.drawn = 0
        self.born = time.monotonic()
        self._warm: int | None = None
        self.gone = asyncio.Event()
        self._chromium = chromium
        self._all = len(tabs)
        self._free: asyncio.Queue[Tab] = asyncio.Queue()
        for tab in tabs:
            self._free.put_nowait(tab)
        chromium.on("disconnected", lambda _: self.gone.set())

    @property
    def alive(self) -> bool:
        """Return whether it has not ended."""
        return self._chromium.is_connected() and not self.gone.is_set()

    @property
    def grown(self) -> bool:
        """Return whether it holds a tenth more memory than when it was warm, or nobody can say."""
        now = memory_of(self.pid)
        return self._warm is None or now is None or now > GROWTH * self._warm

    async def draw(self, html: str, variant: Variant) -> Picture:
        """Return the picture drawn on a free tab; raise Permanent `render_failed` or BrowserLost.

        A tab whose drawing was broken off is not used again.
        """
        tab = await self._free.get()
        try:
            picture = await tab.draw(html, variant)
        except Permanent:
            self._free.put_nowait(tab)
            raise
        self.drawn += 1
        if self.drawn == WARM:
            self._warm = memory_of(self.pid)
        self._free.put_nowait(tab)
        return picture

    async def idle(self) -> None:
        """Return when no tab is at work any more; none can be used afterwards."""
        for _ in range(self._all):
            await self._free.get()

    def kill(self) -> None:
        """End Chromium and its children without asking; harmless when they have ended."""
        with suppress(ProcessLookupError):
            if os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
        self.gone.set()

    async def close(self) -> None:
        """End Chromium politely, so that it reaps its children; kill it when it takes too long."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(0 if self.gone.is_set() else STOP_SECONDS):
                await self._chromium.close()
        self.kill()


@asynccontextmanager
async def open_browser(executable: Path | None, tabs: int) -> AsyncIterator[Browser]:
    """Yield a warm browser; raise Transient `chromium_failed` when it does not start.

    It has a Playwright driver of its own, so that a dead driver is replaced together with it. Both
    end when this process does, however it does: the driver sees its pipe close and ends Chromium
    (at once; after 30 s one that is stopped), and Chromium sees the driver's pipe close.
    """
    driver = await async_playwright().start()
    browser: Browser | None = None
    try:
        browser = await _launched(driver, executable, tabs)
        yield browser
    finally:
        if browser is not None:
            await browser.close()
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await driver.stop()


async def _launched(driver: Playwright, executable: Path | None, tabs: int) -> Browser:
    path = chromium_at(executable, (*WELL_KNOWN, Path(driver.chromium.executable_path)))
    sandbox = os.geteuid() != 0
    if not sandbox:
        log.warning("chromium_sandbox_off", reason="Chromium has no sandbox for root")
    try:
        chromium = await driver.chromium.launch(
            executable_path=path,
            args=ARGS,
            chromium_sandbox=sandbox,
            env={"LANG": "C.UTF-8", "TZ": "UTC"},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
        pid = await _pid_of(chromium)
        context = await chromium.new_context(
            java_script_enabled=False,
            offline=True,
            service_workers="block",
            accept_downloads=False,
            locale="en-US",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        browser = Browser(chromium, path, pid, [await _tab(context) for _ in range(tabs)])
    except PlaywrightError as error:
        message = f"Chromium at {path} does not start: {_reason(error)}"
        raise Transient(message, code="chromium_failed") from error
    log.info("chromium_started", version=chromium.version, pid=pid, tabs=tabs, sandbox=sandbox)
    return browser


def _reason(error: PlaywrightError) -> str:
    if "No usable sandbox" in error.message:
        return "it finds no sandbox; allow unprivileged user namespaces on this machine"
    return first_line(error)


async def _tab(context: BrowserContext) -> Tab:
    page = await context.new_page()
    tab = Tab(page, await context.new_cdp_session(page))
    await page.route("**/*", tab.refuse)
    page.on("crash", lambda _: tab.crash())
    page.on("console", lambda message: tab.heard(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: tab.heard(f"error: {error}"))
    return tab


async def _pid_of(chromium: Chromium) -> int:
    session = await chromium.new_browser_cdp_session()
    info = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return next(int(one["id"]) for one in info["processInfo"] if one["type"] == "browser")
