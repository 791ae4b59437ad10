"""Becomes another program that ends when the process which started it ends.

Run as a file, by the bare interpreter: `python -I -S leash.py SIGNAL PARENT USER COMMAND…`. The
kernel sends SIGNAL to COMMAND as soon as the thread that started it is gone, however it went.
USER is `-`, or a name to become first when root.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def become(name: str) -> None:
    """Leave root for the named user, groups included."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def main(die_with: str, parent: str, user: str, *command: str) -> None:
    """Become the command, tied to the parent; end at once when the parent is already gone."""
    if user != "-":
        become(user)
    if sys.platform == "linux":  # after become: a change of user lets the leash go
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(die_with))
    if os.getppid() != int(parent):
        sys.exit(f"{command[0]}: not started, its parent is gone")
    os.execvp(command[0], command)  # noqa: S606 - the command is our own


if __name__ == "__main__":
    main(*sys.argv[1:])
