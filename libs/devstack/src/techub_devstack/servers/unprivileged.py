"""Postgres refuses to run as root; these are the ways to run it as somebody else.

As root the data and the binaries may lie where only root can look (a home directory): then a user
namespace, or the one capability that lets `nobody` pass, does what a plain change of user cannot.
"""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from techub_devstack.servers.child import leashed

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Way:
    """How a command runs, and who owns its files."""

    before: tuple[str, ...] = ()
    user: str | None = None
    owner: int | None = None

    def command(self, *command: str | Path) -> list[str]:
        """Return the command line, leashed, that runs `command` this way."""
        return [*self.before, *leashed(command, die_with=signal.SIGINT, user=self.user)]

    def own(self, tree: Path) -> None:
        """Hand a directory and all in it to whom the command will be."""
        if self.owner is None or tree.stat().st_uid == self.owner:
            return
        for directory, _, files in os.walk(tree):
            for path in (Path(directory), *(Path(directory, name) for name in files)):
                os.chown(path, self.owner, -1, follow_symlinks=False)


def way_to_run(program: Path, data_dir: Path) -> Way:
    """Return the first way in which `program` runs and reaches what lies in `data_dir`."""
    if os.geteuid() != 0:
        return Way()
    for way in _ways_for_root():
        reach = 'cd "$0" && exec "$1" --version'
        if _succeeds(way.command("/bin/sh", "-c", reach, data_dir, program)):
            return way
    message = f"Postgres does not run as root, and no other user can reach {data_dir} or {program}"
    raise PermissionError(message)


def _ways_for_root() -> Iterator[Way]:
    nobody = pwd.getpwnam(NOBODY)
    yield Way(user=NOBODY, owner=nobody.pw_uid)
    yield Way(before=("unshare", "--user"), owner=0)
    drop = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    keep = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    yield Way(before=("setpriv", *drop, *keep), owner=nobody.pw_uid)


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
