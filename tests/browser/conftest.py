"""One Chromium for the whole folder, as the screenshotter starts it: no script, no network."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import CDPSession, Page, async_playwright

DEBIAN = Path("/usr/lib/chromium/chromium-headless-shell")
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")


def chromium_path() -> str | None:
    """Return where Chromium is, if it is anywhere."""
    if told := os.environ.get("CHROMIUM_PATH"):
        return told
    if DEBIAN.exists():
        return str(DEBIAN)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def page() -> AsyncIterator[Page]:
    """A page that can neither run its own script nor reach a network."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium: set CHROMIUM_PATH or install chromium-headless-shell")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        context = await browser.new_context(java_script_enabled=False, offline=True)
        yield await context.new_page()
        await browser.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def session(page: Page) -> CDPSession:
    """The debugging session that photographs the page."""
    return await page.context.new_cdp_session(page)
