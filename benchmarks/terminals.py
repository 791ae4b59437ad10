"""A command in a terminal of its own, and when each event it shows could be read there."""

import asyncio
import os
import pty
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

NUMBERED = re.compile(rb"event-(\d{6})")
READ_BYTES = 1 << 16


@dataclass
class Terminal:
    """What has come out of a command so far: the moments by the number in a login."""

    pid: int
    seen: dict[int, list[float]] = field(default_factory=dict)
    lines: int = 0

    def read(self, descriptor: int) -> None:
        """Read until the command has gone; a number may be cut in two by a read."""
        rest = b""
        while True:
            try:
                arrived = os.read(descriptor, READ_BYTES)
            except OSError:
                return
            if not arrived:
                return
            now = time.time()
            whole, newline, rest = (rest + arrived).rpartition(b"\n")
            for line in (whole + newline).splitlines():
                self.lines += 1
                if found := NUMBERED.search(line):
                    self.seen.setdefault(int(found[1]), []).append(now)

    @property
    def repeated(self) -> int:
        """Return how many were shown more than once."""
        return sum(len(moments) > 1 for moments in self.seen.values())

    async def until_shown(self, count: int, seconds: float) -> None:
        """Return once so many have been shown, or the time is over."""
        end = time.monotonic() + seconds
        while len(self.seen) < count and time.monotonic() < end:  # noqa: ASYNC110  # a thread reads
            await asyncio.sleep(0.05)


@asynccontextmanager
async def in_terminal(command: Sequence[str], nats_url: str) -> AsyncIterator[Terminal]:
    """Yield a Python command that runs in a terminal; it is ended with this."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=theirs,
        env={**os.environ, "NATS_URL": nats_url, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    terminal = Terminal(process.pid)
    reader = threading.Thread(target=terminal.read, args=(ours,), daemon=True)
    reader.start()
    try:
        yield terminal
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        reader.join(timeout=10)
        os.close(ours)
