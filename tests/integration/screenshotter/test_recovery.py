"""Browsers that crash, hang or lose their driver are replaced."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from techub_cards.variants import variant_named
from techub_common.errors import Permanent, Transient
from techub_devstack.servers.waiting import until
from techub_screenshotter.browser import Browser, open_browser
from techub_screenshotter.studio import Studio

from .conftest import page_with

OG = variant_named("og")
PAGE = page_with("text")


# A worker that draws until it is killed, and says after which picture it may be.
WORKER = """\
import asyncio, sys
from pathlib import Path
from techub_cards.variants import variant_named
from techub_screenshotter.browser import open_browser

async def main():
    async with open_browser(Path(sys.argv[1]), 2) as browser:
        while True:
            await browser.draw(sys.argv[2], variant_named("og"))
            print("drawn by", browser.pid, flush=True)

asyncio.run(main())
"""


@pytest.fixture
async def studio(chromium_path: Path) -> AsyncIterator[Studio]:
    """Give a studio of this test alone, whose browser may be broken."""
    async with aclosing(Studio(partial(open_browser, chromium_path, 1), seconds=5)) as studio:
        await studio.open()
        yield studio


def browser_of(studio: Studio) -> Browser:
    """Return the browser at hand."""
    assert studio._browser is not None
    return studio._browser


def gone(pid: int) -> bool:
    """Return whether the process has ended, reaped or not."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def all_gone(processes: list[psutil.Process]) -> bool:
    """Return whether all of them have ended, reaped or not."""
    with suppress(psutil.NoSuchProcess):  # one of them ended just now: look again
        return not any(
            process.is_running() and process.status() != psutil.STATUS_ZOMBIE
            for process in processes
        )
    return False


async def test_killed_in_the_middle(studio: Studio) -> None:
    """A browser killed while it draws costs that try; the next is drawn by a new browser."""
    browser = browser_of(studio)
    os.kill(browser.pid, signal.SIGSTOP)
    drawing = asyncio.create_task(studio.draw(PAGE, OG))
    await until(browser._free.empty, within=5, what="a tab at work")

    os.kill(browser.pid, signal.SIGKILL)
    with pytest.raises(Transient) as caught:
        await drawing

    assert caught.value.code == "chromium_failed"
    await studio.check()
    assert browser_of(studio).pid != browser.pid
    assert (await studio.draw(PAGE, OG)).width == OG.width


async def test_killed_between_pictures(studio: Studio) -> None:
    """A browser that died while nobody drew is replaced without anybody noticing."""
    browser = browser_of(studio)
    os.kill(browser.pid, signal.SIGKILL)
    await asyncio.wait_for(browser.gone.wait(), 5)

    assert (await studio.draw(PAGE, OG)).width == OG.width
    assert browser_of(studio).pid != browser.pid


async def test_page_process_killed(studio: Studio) -> None:
    """A page whose process dies is lost with its browser, and the next picture is drawn."""
    browser = browser_of(studio)
    await studio.draw(PAGE, OG)
    children = psutil.Process(browser.pid).children(recursive=True)
    [page] = [child for child in children if "--type=renderer" in child.cmdline()]

    page.kill()
    with pytest.raises(Transient):
        await studio.draw(PAGE, OG)

    assert gone(browser.pid)
    assert (await studio.draw(PAGE, OG)).width == OG.width


async def test_driver_killed(studio: Studio) -> None:
    """A Playwright driver that dies costs one try and is replaced together with its browser."""
    browser = browser_of(studio)
    driver = psutil.Process(browser.pid).parent()
    assert driver is not None

    driver.kill()
    with pytest.raises(Transient):
        await studio.draw(PAGE, OG)

    assert (await studio.draw(PAGE, OG)).width == OG.width
    assert browser_of(studio).pid != browser.pid
    await until(lambda: gone(browser.pid), within=5, what="the end of the old browser")


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.slow)])
async def test_a_killed_worker_leaves_nothing(chromium_path: Path, rounds: int) -> None:
    """SIGKILL of the worker, in the middle of a picture, ends its driver and browser too."""
    moments = random.Random(rounds)
    for _ in range(rounds):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, str(chromium_path), PAGE, stdout=asyncio.subprocess.PIPE
        )
        assert worker.stdout is not None
        drawn, line = moments.randint(1, 5), b""
        while drawn:
            line = await worker.stdout.readline()
            drawn -= line.startswith(b"drawn by")
        family = psutil.Process(worker.pid).children(recursive=True)

        worker.kill()
        await worker.wait()

        browser = int(line.split()[-1])
        assert browser in {process.pid for process in family}
        await until(partial(all_gone, family), within=30, what="the end of driver and browser")


async def test_hanging(chromium_path: Path) -> None:
    """A browser that stopped answering is ended at the limit and replaced."""
    async with aclosing(Studio(partial(open_browser, chromium_path, 1), seconds=0.7)) as studio:
        await studio.open()
        browser = browser_of(studio)
        os.kill(browser.pid, signal.SIGSTOP)

        with pytest.raises(Transient, match="nothing was drawn within"):
            await studio.draw(PAGE, OG)

        assert gone(browser.pid)
        await studio.check()


async def test_recycled(chromium_path: Path) -> None:
    """A browser ends after the pictures it is good for; the next picture is drawn by a new one."""
    opens = partial(open_browser, chromium_path, 1)
    async with aclosing(Studio(opens, seconds=10, pictures=2)) as studio:
        await studio.draw(PAGE, OG)
        first = browser_of(studio)
        await studio.draw(PAGE, OG)

        await studio.draw(PAGE, OG)

        assert browser_of(studio).pid != first.pid
        await until(lambda: gone(first.pid), within=10, what="the end of the first browser")


async def test_not_a_browser(tmp_path: Path) -> None:
    """A program that is not Chromium fails the start with its name."""
    impostor = tmp_path / "chromium"
    impostor.write_text("#!/bin/sh\nexit 3\n")
    impostor.chmod(0o755)

    with pytest.raises(Transient, match=str(impostor)):
        await Studio(partial(open_browser, impostor, 1), seconds=5).open()


async def test_missing_browser() -> None:
    """A configured browser that is not there fails the start with the setting's name."""
    studio = Studio(partial(open_browser, Path("/nowhere/chromium"), 1), seconds=5)

    with pytest.raises(Permanent, match="CHROMIUM_PATH"):
        await studio.open()
