"""Where Chromium is on this machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from techub_common.errors import Permanent

WELL_KNOWN: Final = tuple(
    map(
        Path,
        (
            "/usr/lib/chromium/chromium-headless-shell",
            "/usr/bin/chromium-headless-shell",
            "/usr/lib/chromium/chromium",
            "/usr/bin/chromium",
            "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
            "/usr/bin/google-chrome-stable",
        ),
    )
)


def chromium_at(configured: Path | None, others: Iterable[Path] = WELL_KNOWN) -> Path:
    """Return the configured Chromium, else the first of the others that is there.

    Raise Permanent `chromium_missing` when the configured one, or every other one, is not.
    """
    if configured is not None:
        if configured.is_file():
            return configured
        message = f"CHROMIUM_PATH names {configured}, which is not a file"
        raise Permanent(message, code="chromium_missing")
    found = next((path for path in others if path.is_file()), None)
    if found is None:
        message = (
            "no Chromium here: install it (Debian: apt-get install chromium-headless-shell) "
            "or say where it is in CHROMIUM_PATH"
        )
        raise Permanent(message, code="chromium_missing")
    return found
