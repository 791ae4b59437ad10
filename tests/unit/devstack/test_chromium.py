"""Where a Chromium is looked for; the browsers here are shell scripts."""

from pathlib import Path

import pytest

from techub_devstack.servers import chromium
from techub_devstack.servers.chromium_install import SPARTICUZ


def browser(path: Path, *, exit_code: int = 0) -> Path:
    """Make something that answers --version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at no browser of this machine."""
    monkeypatch.setattr(chromium, "HEADLESS_SHELLS", ())
    monkeypatch.setattr(chromium, "BROWSERS", ())
    monkeypatch.setattr(chromium, "PLAYWRIGHT_CACHES", ())


def test_the_one_that_is_named_counts_alone(tmp_path: Path) -> None:
    """A CHROMIUM_PATH that does not run is not silently passed over."""
    good, bad = browser(tmp_path / "good"), browser(tmp_path / "bad", exit_code=1)
    browser(tmp_path / SPARTICUZ)

    assert chromium.find(var=tmp_path, environment={"CHROMIUM_PATH": str(good)}) == good
    assert chromium.find(var=tmp_path, environment={"CHROMIUM_PATH": str(bad)}) is None


def test_the_newest_download_that_runs(tmp_path: Path) -> None:
    """Playwright keeps several; a broken one does not hide the one below it."""
    shell = "chrome-linux/headless_shell"
    old = browser(tmp_path / "chromium_headless_shell-1200" / shell)
    browser(tmp_path / "chromium_headless_shell-1300" / shell, exit_code=1)

    environment = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    assert chromium.find(var=tmp_path, environment=environment) == old


def test_the_npm_package_comes_last(tmp_path: Path) -> None:
    """It is found where it was unpacked, and nothing is found where nothing is."""
    assert chromium.find(var=tmp_path, environment={}) is None
    unpacked = browser(tmp_path / SPARTICUZ)
    assert chromium.find(var=tmp_path, environment={}) == unpacked


def test_install_goes_on_until_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A way that brings nothing is named, and the next one is tried; a second call does nothing."""
    tried: list[str] = []

    def fruitless() -> bool:
        tried.append("fruitless")
        return True

    def fruitful() -> bool:
        tried.append("fruitful")
        return browser(tmp_path / SPARTICUZ).exists()

    monkeypatch.setattr(chromium, "fonts", lambda: True)
    monkeypatch.setattr(chromium, "ways", lambda _: [("one", fruitless), ("two", fruitful)])

    found = [chromium.install(var=tmp_path, environment={}) for _ in range(2)]

    assert found == [tmp_path / SPARTICUZ] * 2
    assert tried == ["fruitless", "fruitful"]
    assert "one did not bring one that runs" in capsys.readouterr().out
