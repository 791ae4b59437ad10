"""Lists the files of a folder as a bucket lists its objects: by key, in the order of its bytes."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from techub_common.errors import Permanent
from techub_common.storage.contract import Entry
from techub_common.storage.keys import DRAFTS, checked


def walk(root: Path, prefix: str) -> Iterator[Entry]:
    """Give the objects below the folder whose keys begin with `prefix`."""
    if not root.is_dir():
        raise FileNotFoundError(root)
    base = prefix.rpartition("/")[0]
    start = f"{base}/" if base else ""
    for key, path in _files(root / base, start):
        if key.startswith(prefix):
            entry = _listed(key, path)
            if entry is not None:
                yield entry


def entry_of(key: str, path: Path) -> Entry | None:
    """Return what a file says of itself; None for what is no file."""
    status = path.stat()
    if not path.is_file():
        return None
    return Entry(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))


def _listed(key: str, path: Path) -> Entry | None:
    try:
        return entry_of(checked(key), path)
    except (Permanent, FileNotFoundError):  # somebody else's file, or one that is gone by now
        return None


def _files(folder: Path, start: str) -> Iterator[tuple[str, Path]]:
    try:
        found = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    named = [(f"{one.name}/" if one.is_dir() else one.name, one) for one in found]
    for name, one in sorted(named, key=lambda pair: os.fsencode(pair[0])):
        if name == f"{DRAFTS}/" and not start:
            continue
        if name.endswith("/"):
            yield from _files(Path(one.path), start + name)
        else:
            yield start + name, Path(one.path)
