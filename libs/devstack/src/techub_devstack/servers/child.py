"""A process that is ours: it has a log, a way to stop, and it never outlives us."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from techub_devstack.servers.waiting import NotInTime, until

LEASH = Path(__file__).with_name("leash.py")
STOP_SECONDS = 10.0


def leashed(
    command: Sequence[str | Path], *, die_with: signal.Signals, user: str | None = None
) -> list[str]:
    """Return the command line that runs `command` tied to the life of this process."""
    leash = [sys.executable, "-I", "-S", str(LEASH), str(int(die_with)), str(os.getpid())]
    return [*leash, user or "-", *map(str, command)]


class Child:
    """A started process in a session of its own; start it from a thread that lives on.

    The kernel ties it to the thread that started it: a worker thread of a pool will not do.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        stop_with: signal.Signals = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
    ) -> None:
        self.log = log
        self.stop_with = stop_with
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                pass_fds=keep_open,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id, which is also its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    async def stop(self, *, within: float = STOP_SECONDS) -> int:
        """Ask it to stop; what is left of its process group after `within` is killed."""
        self._signal(self.stop_with)
        try:
            return await self.ended(within=within)
        except NotInTime:
            return await self.kill()

    async def kill(self) -> int:
        """End it and its process group without asking."""
        self._signal(signal.SIGKILL)
        return await self.ended(within=STOP_SECONDS)

    async def ended(self, *, within: float) -> int:
        """Wait for its end and return the exit code."""
        return (await until(self._ended, within=within, what=f"the end of process {self.pid}"))[0]

    def last_words(self, lines: int = 8) -> str:
        """Return the end of its log, for an error message."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def _ended(self) -> tuple[int] | None:
        code = self._process.poll()
        return None if code is None else (code,)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
