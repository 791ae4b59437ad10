"""The screenshotter with its browser gone or broken says exactly that."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from nats.js import JetStreamContext

from techub_devstack.servers import chromium
from techub_screenshotter.doctor import INSTALL
from techub_screenshotter.service import opener
from techub_screenshotter.settings import Settings

from .conftest import Ask, answering, bad


@pytest.fixture
def settings(nats_url: str, tmp_path: Path, js: JetStreamContext) -> Settings:
    """Give the settings of a screenshotter whose Chromium can be taken away."""
    del js
    real = chromium.find()
    if real is None:
        pytest.skip("no Chromium on this machine; `make setup` installs one")
    (tmp_path / "objects").mkdir()
    link = tmp_path / "chromium-of-the-test"
    link.write_text(f'#!/bin/sh\nexec "{real}" "$@"\n')
    link.chmod(0o755)
    return Settings(
        nats_url=nats_url,
        storage_url=(tmp_path / "objects").as_uri(),
        chromium_path=link,
        ack_wait_seconds=3.0,
    )


def browsers() -> list[psutil.Process]:
    """Return the browsers' own processes below this one."""
    below = psutil.Process().children(recursive=True)
    return [one for one in below if "chrom" in one.name() and "--type=" not in str(one.cmdline())]


async def test_a_browser_is_there_is_replaced_and_goes(settings: Settings, ask: Ask) -> None:
    """A real page is drawn; a killed browser is replaced; without its file none can start."""
    path = settings.chromium_path
    assert path is not None
    async with answering(settings, opener(settings)):
        well = await ask("screenshotter")
        path.rename(path.with_name("elsewhere"))
        doomed = await ask("screenshotter")
        for browser in browsers():
            os.killpg(browser.pid, signal.SIGKILL)
        lost = await ask("screenshotter")

    assert bad(well) == {}
    assert well["chromium"].seen.startswith(f"{path}, started ")
    assert well["chromium picture"].seen.startswith("a page was drawn: 200x100, ")
    assert bad(doomed) == {"chromium": ("fail", f"{path} is gone: the next browser will not start")}
    assert doomed["chromium"].todo == INSTALL
    assert bad(lost)["chromium picture"] == (
        "fail",
        f"CHROMIUM_PATH names {path}, which is not a file",
    )
    assert lost["chromium picture"].todo == INSTALL
