"""What can happen to the system, each from its beginning to its end."""

import asyncio
import operator
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pytest

from techub_common.storage.keys import DRAFTS
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

    `clean` says that no message may be delivered twice because of it, `retells` that the sweep has
    to tell again what was lost: without it, what was in hand comes back by itself. `may_lose` are
    the stages whose time limit it may use up. `victim` is the service that is started anew.
    """

    name: str
    happens: Happens
    repeats: bool = True
    clean: bool = False
    retells: bool = False
    may_lose: tuple[str, ...] = ()
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

    generator = service == "generator"
    lost = ("download_github_avatar",) if generator else ()  # it is given 5 s
    return Trouble(f"{service}-SIGSTOP", happens, repeats=generator, may_lose=lost)


class Server(Protocol):
    """A server that can be ended without a word and started with what it had."""

    async def kill(self) -> None:
        """End it with SIGKILL."""
        ...

    async def start(self) -> None:
        """Start it where it was."""
        ...


def away(server: Callable[[Stack], Server | None], seconds: float = 0.0) -> Happens:
    """SIGKILL, and back after so many seconds."""

    async def happens(stack: Stack) -> None:
        one = server(stack)
        assert one is not None
        await one.kill()
        await asyncio.sleep(seconds)
        await one.start()

    return happens


async def _nats_wiped(stack: Stack) -> None:
    await stack.nats.wipe()
    await stack.nats.start()


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
    async with full(stack.objects, stack):
        await noticed(stack, DOWN_SECONDS)


async def _bucket_down(stack: Stack) -> None:
    assert stack.seaweedfs is not None
    await stack.seaweedfs.kill()
    await noticed(stack, DOWN_SECONDS)
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
        _unmount(folder)


@asynccontextmanager
async def full(folder: Path, stack: Stack) -> AsyncIterator[None]:
    """The folder's disk has no byte left; what was in it can be read.

    The folder itself stays where it is, hidden, so that nobody can write into it as it goes or
    comes back. No service runs while disks are changed: none may miss what came between a copy and
    the change, as on a real disk that runs full.
    """
    kept, disk = folder.with_name("objects-kept"), folder.with_name("objects-disk")
    async with mounted(kept, "--bind", folder):
        size = _size(kept) + SPARE
        async with mounted(disk, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
            _copy(kept, disk)
            with ExitStack() as over:
                with still(stack):
                    over.enter_context(covered(folder, disk))
                    _copy(kept, disk)  # what came meanwhile
                _fill(disk / FILLER)
                yield
                with still(stack):
                    _copy(disk, kept)
                    over.close()


@contextmanager
def still(stack: Stack) -> Iterator[None]:
    """No service runs meanwhile."""
    pids = [service.pid for service in stack.services.values()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def covered(folder: Path, disk: Path) -> Iterator[None]:
    """The disk lies over the folder meanwhile."""
    mount("--bind", disk, folder)
    try:
        yield
    finally:
        _unmount(folder)


@asynccontextmanager
async def mounted(place: Path, *arguments: str | Path) -> AsyncIterator[None]:
    """A folder of its own is mounted there meanwhile; skips where nobody may."""
    place.mkdir()
    try:
        mount(*arguments, place)
        try:
            yield
        finally:
            _unmount(place)
    finally:
        place.rmdir()


def _copy(source: Path, target: Path) -> None:
    """Copy what the target does not have but drafts; nobody sees half of a file there."""

    def absent(folder: str, names: list[str]) -> set[str]:
        there = target / Path(folder).relative_to(source)
        return {name for name in names if name in OMITTED or (there / name).is_file()}

    shutil.copytree(source, target, dirs_exist_ok=True, ignore=absent)


FILLER: Final = ".filler"
OMITTED: Final = {FILLER, DRAFTS}
SPARE: Final = 8 << 20
BLOCK: Final = 4096


def _size(folder: Path) -> int:
    """Return how many bytes a copy takes, in whole blocks."""
    sizes = [path.stat().st_size if path.is_file() else BLOCK for path in folder.rglob("*")]
    return sum(-(-size // BLOCK) * BLOCK for size in sizes)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(BLOCK))


def mount(*arguments: str | Path) -> None:
    """Mount as told; skip the test where this machine does not let us."""
    command = ["mount", *map(str, arguments)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    """Unmount, also while somebody still reads from it."""
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


NATS: Final = operator.attrgetter("nats")
POSTGRES: Final = operator.attrgetter("postgres")
BUCKETS: Final = operator.attrgetter("seaweedfs")
SIGNALS: Final = tuple(
    trouble(service) for service in NAMES for trouble in (killed, terminated, stopped)
)
SERVERS: Final = (
    Trouble("nats-restarted", away(NATS)),
    Trouble("nats-down", away(NATS, DOWN_SECONDS)),
    Trouble("nats-wiped", _nats_wiped, retells=True),
    Trouble("postgres-restarted", away(POSTGRES), repeats=False, clean=True),
    Trouble("postgres-down", away(POSTGRES, DOWN_SECONDS), repeats=False, clean=True),
)
FOLDER: Final = (
    Trouble("folder-gone", _objects_gone, clean=True),
    Trouble("folder-read-only", _objects_read_only, clean=True),
    Trouble("disk-full", _disk_full, clean=True),
)
BUCKET: Final = (Trouble("bucket-down", _bucket_down, clean=True),)
BUCKET_FOR_LONG: Final = Trouble("bucket-down-30s", away(BUCKETS, LONG_SECONDS), clean=True)
