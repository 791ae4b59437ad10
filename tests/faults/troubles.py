"""What can happen to the system, each from its beginning to its end."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from techub_devstack.services import NAMES
from techub_devstack.stack import Stack
from tests.faults.checks import noticed

STOPPED_SECONDS: Final = 20.0
DOWN_SECONDS: Final = 10.0
LONG_SECONDS: Final = 30.0

Happens = Callable[[Stack], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that happens; `repeats` says that it may cost GitHub's unfinished stage a repeat.

    `clean` says that no message may be delivered twice because of it. `victim` is the service that
    is started anew.
    """

    name: str
    happens: Happens
    repeats: bool = True
    clean: bool = False
    victim: str | None = None


def killed(service: str) -> Trouble:
    """SIGKILL: the service dies without a word and is started again."""

    async def happens(stack: Stack) -> None:
        await stack.services[service].kill()

    return Trouble(f"{service}-SIGKILL", happens, repeats=service == "generator", victim=service)


def terminated(service: str) -> Trouble:
    """SIGTERM: the service finishes what it has in hand, exits 0, and is started again."""

    async def happens(stack: Stack) -> None:
        assert await stack.services[service].stop() == 0, f"{service} did not exit with 0"
        stack.services[service].start()

    return Trouble(f"{service}-SIGTERM", happens, repeats=False, clean=True, victim=service)


def stopped(service: str) -> Trouble:
    """SIGSTOP for 20 s: the service is there, holds its messages and connections, and is silent."""

    async def happens(stack: Stack) -> None:
        stack.services[service].send(signal.SIGSTOP)
        try:
            await asyncio.sleep(STOPPED_SECONDS)
        finally:
            stack.services[service].send(signal.SIGCONT)

    return Trouble(f"{service}-SIGSTOP", happens, repeats=service == "generator")


async def _nats_restarted(stack: Stack) -> None:
    await stack.nats.kill()
    await stack.nats.start()


async def _nats_down(stack: Stack) -> None:
    await stack.nats.kill()
    await asyncio.sleep(DOWN_SECONDS)
    await stack.nats.start()


async def _nats_wiped(stack: Stack) -> None:
    await stack.nats.wipe()
    await stack.nats.start()


async def _postgres_restarted(stack: Stack) -> None:
    await stack.postgres.kill()
    await stack.postgres.start()


async def _postgres_down(stack: Stack) -> None:
    await stack.postgres.kill()
    await asyncio.sleep(DOWN_SECONDS)
    await stack.postgres.start()


async def _objects_gone(stack: Stack) -> None:
    """The folder is not mounted: it is not there at all."""
    away = stack.objects.with_name("objects-away")
    stack.objects.rename(away)
    try:
        await noticed(stack, DOWN_SECONDS)
    finally:
        away.rename(stack.objects)


async def _objects_read_only(stack: Stack) -> None:
    async with read_only(stack.objects):
        await noticed(stack, DOWN_SECONDS)


async def _disk_full(stack: Stack) -> None:
    async with full(stack.objects):
        await noticed(stack, DOWN_SECONDS)


async def _bucket_down(stack: Stack) -> None:
    assert stack.seaweedfs is not None
    await stack.seaweedfs.kill()
    await noticed(stack, DOWN_SECONDS)
    await stack.seaweedfs.start()


async def _bucket_down_for_long(stack: Stack) -> None:
    assert stack.seaweedfs is not None
    await stack.seaweedfs.kill()
    await asyncio.sleep(LONG_SECONDS)
    await stack.seaweedfs.start()


@asynccontextmanager
async def read_only(folder: Path) -> AsyncIterator[None]:
    """Nothing in the folder can be written meanwhile; skips where nobody may forbid it to root."""
    if os.geteuid() != 0:
        directories = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        modes = {directory: directory.stat().st_mode for directory in directories}
        for directory in directories:
            directory.chmod(0o555)
        try:
            yield
        finally:
            for directory, mode in modes.items():
                directory.chmod(mode)
        return
    mount("--bind", folder, folder)
    try:
        mount("-o", "remount,ro,bind", folder)
        yield
    finally:
        await _unmounted(folder)


@asynccontextmanager
async def full(folder: Path) -> AsyncIterator[None]:
    """The folder's disk has no byte left; what was in it can be read, as far as it fitted."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    blocks = sum(1 for _ in folder.rglob("*")) * 4096
    copy = folder.with_name("objects-full")
    copy.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", f"size={size + blocks + (1 << 20)}", "tmpfs", copy)
    try:
        subprocess.run(["cp", "-a", f"{folder}/.", str(copy)], check=True)
        _fill(copy)
        mount("--bind", copy, folder)
        try:
            yield
        finally:
            await _unmounted(folder)
            (copy / FILLER).unlink()
            subprocess.run(["cp", "-a", f"{copy}/.", str(folder)], check=True)
    finally:
        await _unmounted(copy)


FILLER: Final = ".filler"


def _fill(folder: Path) -> None:
    with (folder / FILLER).open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return


def mount(*arguments: str | Path) -> None:
    """Mount as told; skip the test where this machine does not let us."""
    done = subprocess.run(
        ["mount", *map(str, arguments)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"this machine mounts nothing for us: {done.stderr.strip()}")


async def _unmounted(folder: Path) -> None:
    """Unmount even while somebody reads from it."""
    for _ in range(100):
        if not subprocess.run(["umount", str(folder)], check=False, capture_output=True).returncode:
            return
        await asyncio.sleep(0.05)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


SIGNALS: Final = tuple(
    trouble(service) for service in NAMES for trouble in (killed, terminated, stopped)
)
SERVERS: Final = (
    Trouble("nats-restarted", _nats_restarted),
    Trouble("nats-down", _nats_down),
    Trouble("nats-wiped", _nats_wiped),
    Trouble("postgres-restarted", _postgres_restarted, repeats=False),
    Trouble("postgres-down", _postgres_down, repeats=False),
)
FOLDER: Final = (
    Trouble("folder-gone", _objects_gone),
    Trouble("folder-read-only", _objects_read_only),
    Trouble("disk-full", _disk_full),
)
BUCKET: Final = (
    Trouble("bucket-down", _bucket_down),
    Trouble("bucket-down-30s", _bucket_down_for_long),
)
