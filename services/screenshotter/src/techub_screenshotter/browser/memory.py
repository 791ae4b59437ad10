"""How much memory a browser's processes hold for themselves."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def memory_of(group: int) -> int | None:
    """Return the bytes that the group's processes do not share; None where nobody can say."""
    if not PROC.joinpath("self", "statm").exists():
        return None
    total = 0
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError, ValueError, IndexError):  # it may end while it is looked at
                total += _own(folder, group)
    return total


def _own(folder: Path, group: int) -> int:
    after_name = folder.joinpath("stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    if int(after_name[2]) != group:
        return 0
    resident, shared = folder.joinpath("statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * PAGE
