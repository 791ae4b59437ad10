"""One server per data directory: the lock is held by the server itself, for as long as it lives."""

import fcntl
import os
from pathlib import Path

from techub_devstack.servers.waiting import NotInTime, until

WAIT_SECONDS = 10.0


class InUse(RuntimeError):
    """Another server is at work in this data directory."""


async def claim(data_dir: Path, *, within: float = WAIT_SECONDS) -> int:
    """Return a locked file descriptor to hand to the server, once the one before has let go.

    The lock lives until the last process that inherited the descriptor is gone, so a server whose
    parent was killed still counts while it shuts down.
    """
    descriptor = os.open(data_dir / "in-use.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def locked() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        await until(locked, within=within, what=f"{data_dir} to be free")
    except NotInTime as error:
        os.close(descriptor)
        message = f"{data_dir} is in use by another server"
        raise InUse(message) from error
    return descriptor
