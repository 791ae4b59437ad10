"""The ways to get a Chromium and the fonts it needs; each takes a bounded time and may fail."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

DOWNLOAD_SECONDS = 240.0
CONNECT_MILLISECONDS = "10000"
SPARTICUZ = Path("sparticuz", "unpacked", "chromium")
PACKAGE = "@sparticuz/chromium"
PACKAGE_FOR_OLD_NODE = f"{PACKAGE}@147.0.0"  # the last that runs on Node 20
NEW_NODE = (22, 17)
UNPACK = f'import c from "{PACKAGE}"; console.log(await c.executablePath())'
FONT_PACKAGES = {
    "fonts-noto-color-emoji": Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"),
    "fonts-noto-cjk": Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
}


def ways(var: Path) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Give the ways that are open on this machine, by name, best first."""
    if importlib.util.find_spec("playwright"):
        yield "Playwright's download", _playwright
    if _may_apt():
        yield "apt-get", lambda: _apt("chromium-headless-shell")
    if shutil.which("node") and shutil.which("npm"):
        yield f"npm ({PACKAGE})", lambda: _npm(var)


def fonts() -> bool:
    """Install the emoji and CJK fonts that are missing, where we may."""
    missing = [package for package, file in FONT_PACKAGES.items() if not file.exists()]
    return not missing or (_may_apt() and _apt(*missing))


def _playwright() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    return _done(command, {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": CONNECT_MILLISECONDS})


def _may_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(*packages: str) -> bool:
    quietly = {"DEBIAN_FRONTEND": "noninteractive"}
    _done(["apt-get", "update", "-q"], quietly)
    return _done(["apt-get", "install", "-qy", "--no-install-recommends", *packages], quietly)


def _npm(var: Path) -> bool:
    """Install the package and unpack its binary, both below var."""
    unpacked = (var / SPARTICUZ).absolute().parent
    unpacked.mkdir(parents=True, exist_ok=True)
    project = unpacked.parent
    package = PACKAGE if _node_version() >= NEW_NODE else PACKAGE_FOR_OLD_NODE
    installed = _done(["npm", "install", "--no-audit", "--no-fund", "--prefix", project, package])
    script = project / "unpack.mjs"
    script.write_text(UNPACK, "utf-8")
    return installed and _done(["node", script], {"TMPDIR": str(unpacked)})


def _node_version() -> tuple[int, ...]:
    told = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True)
    return tuple(int(part) for part in told.stdout.strip().lstrip("v").split(".") if part.isdigit())


def _done(command: Sequence[str | Path], extra: Mapping[str, str] | None = None) -> bool:
    """Run a command, its output shown, and return whether it went well in time."""
    try:
        ended = subprocess.run(
            command, check=False, env={**os.environ, **(extra or {})}, timeout=DOWNLOAD_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", flush=True)  # noqa: T201 - a command speaks
        return False
    return ended.returncode == 0
