"""The five services as processes: started, watched, started again, and heard."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx

from techub_devstack.servers.child import Child, leashed
from techub_devstack.servers.ports import free_ports, is_free
from techub_devstack.servers.waiting import NotInTime

NAMES: Final = ("api", "generator", "screenshotter", "optimizer", "notifier")
READY_SECONDS: Final = 60.0
RESTART_PAUSE: Final = 0.2

Say = Callable[[str, str], None]


class ServiceFailed(RuntimeError):
    """A service could not be started; the message holds its last words."""


class ServiceProcess:
    """One service with its own environment and log; it is started again when it dies.

    A second replica is called `generator-2`; `python` is the interpreter of its environment.
    """

    def __init__(
        self, name: str, env: Mapping[str, str], log: Path, python: Path | None = None
    ) -> None:
        self.name = name
        self.service = name.partition("-")[0]
        self.log = log
        self.starts = 0
        self._python = python or Path(sys.executable)
        self._env = dict(env)
        self._child: Child | None = None
        self._wanted = False

    @property
    def pid(self) -> int:
        """The process id of the service as it runs now."""
        return self._running.pid

    @property
    def wanted(self) -> bool:
        """Whether it is to run: true from `start` to `stop`, also while it is down by itself."""
        return self._wanted

    @property
    def health_url(self) -> str:
        """Where `/livez`, `/readyz` and `/metrics` are."""
        return f"http://127.0.0.1:{self._env['HEALTH_PORT']}"

    @property
    def http_url(self) -> str:
        """Where the api answers people; it has no meaning for the others."""
        return f"http://127.0.0.1:{self._env['HTTP_PORT']}"

    def start(self) -> None:
        """Start the process; use `until_ready` to wait for it."""
        self.starts += 1
        self._wanted = True
        command: list[str | Path] = [self._python, "-m", f"techub_{self.service}", "serve"]
        self._child = Child(leashed(command, die_with=signal.SIGTERM), log=self.log, env=self._env)

    async def until_ready(self) -> None:
        """Return once `/readyz` answers 200; raise ServiceFailed when it dies or takes 60 s."""
        deadline = time.monotonic() + READY_SECONDS
        async with httpx.AsyncClient(trust_env=False) as http:
            while time.monotonic() < deadline:
                if self._running.exit_code is not None:
                    break
                with suppress(httpx.HTTPError):
                    answer = await http.get(f"{self.health_url}/readyz", timeout=3)
                    if answer.status_code == httpx.codes.OK:
                        return
                await asyncio.sleep(0.05)
        message = f"{self.name} did not become ready:\n{self._running.last_words()}"
        raise ServiceFailed(message)

    async def keep_alive(self, say: Say) -> None:
        """Start the service again whenever it dies, as Kubernetes would."""
        while True:
            if self._wanted and self._running.exit_code is not None:
                say(self.name, f"ended with {self._running.exit_code}; starting it again")
                await asyncio.sleep(RESTART_PAUSE)
                self.start()
            await asyncio.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def kill(self) -> None:
        """End it with SIGKILL, without its agreement; `keep_alive` starts it again."""
        await self._running.kill()

    async def stop(self) -> int:
        """Ask it to end and return its exit code; it stays down."""
        self._wanted = False
        return await self._running.stop(within=40)

    async def wait(self, within: float) -> int:
        """Return the exit code once it has ended; raise NotInTime."""
        return await self._running.ended(within=within)

    @property
    def _running(self) -> Child:
        if self._child is None:
            message = f"{self.name} was never started"
            raise ServiceFailed(message)
        return self._child


async def run_to_end(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> str:
    """Run `python -m …` and return what it printed; raise ServiceFailed when it exits otherwise."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        env=dict(env),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    with log.open("ab") as file:
        file.write(errors)
    if process.returncode:
        message = f"python -m {' '.join(arguments)} failed:\n{errors.decode()[-2000:]}"
        raise ServiceFailed(message)
    return output.decode()


async def follow(log: Path, say: Callable[[str], None]) -> None:
    """Say every line that is added to a log, for ever."""
    position = _size(log)
    rest = b""
    while True:
        added = _read_from(log, position)
        position += len(added)
        *lines, rest = (rest + added).split(b"\n")
        for line in lines:
            say(line.decode("utf-8", "replace"))
        await asyncio.sleep(0.05)


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _read_from(log: Path, position: int) -> bytes:
    if not log.exists():
        return b""
    with log.open("rb") as file:
        file.seek(position)
        return file.read()


__all__ = [
    "NAMES",
    "NotInTime",
    "ServiceFailed",
    "ServiceProcess",
    "follow",
    "free_ports",
    "is_free",
    "run_to_end",
]
