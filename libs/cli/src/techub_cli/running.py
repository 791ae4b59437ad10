"""Runs one command: errors become one line, and Ctrl-C or a reader that left an end without noise.

Exit codes: 0 it worked, 1 it did not or nobody answered, 2 misused, 130 Ctrl-C, 141 no reader.
"""

import asyncio
import io
import json
import os
import stat
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import typer
from nats.aio.client import Client

from techub_cli.connection import Server, connected
from techub_cli.screen import plain
from techub_common.errors import Away, TecHubError, code_of

FAILED: Final = 1
INTERRUPTED: Final = 130
NO_READER: Final = 141


def run(
    work: Callable[[], Coroutine[Any, Any, int]], *, as_json: bool, endless: bool = False
) -> None:
    """End with the exit code that `work` returns.

    An endless command is meant to be ended by Ctrl-C or by its reader, and then exits 0. With
    `as_json` an error is also an answer, `{"ok": false, …}`.
    """
    try:
        code = asyncio.run(_attended(work()))
    except KeyboardInterrupt:
        code = 0 if endless else INTERRUPTED
    except BrokenPipeError:
        _say_nothing_more()
        code = 0 if endless else NO_READER
    except TecHubError as error:
        code = FAILED
        if as_json:
            reason = "no_answer" if isinstance(error, Away) else code_of(error)
            with suppress(BrokenPipeError):
                print_json({"ok": False, "code": reason, "error": str(error)})
        say(str(error))
    raise typer.Exit(code)


def run_connected(
    context: typer.Context,
    work: Callable[[Client], Coroutine[Any, Any, int]],
    *,
    as_json: bool,
) -> None:
    """Connect to the server the command names, and end with the exit code that `work` returns."""
    server: Server = context.obj

    async def connected_work() -> int:
        async with connected(server) as client:
            return await work(client)

    run(connected_work, as_json=as_json)


def say(sentence: str) -> None:
    """Print a sentence where it does not get between the results."""
    typer.echo(f"techub: {plain(sentence)}", err=True)


def print_json(document: object) -> None:
    """Print a document on one line, at once."""
    print_line(json.dumps(document, ensure_ascii=False).encode())


def print_line(line: bytes) -> None:
    """Print bytes as they are, at once."""
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.flush()


async def _attended(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.ensure_future(work)
    async with _watched_reader() as left:
        gone = asyncio.ensure_future(left.wait())
        try:
            await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            await _ended(task)
    if left.is_set() and task.cancelled():
        raise BrokenPipeError
    return task.result()


async def _ended(task: asyncio.Future[int]) -> None:
    """Cancel until it ends: `wait_for`, used by nats-py, may lose a cancellation before 3.12."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.2)


@asynccontextmanager
async def _watched_reader() -> AsyncIterator[asyncio.Event]:
    """Yield what is set as soon as the reader of our pipe leaves, not at the next line for it."""
    left = asyncio.Event()
    loop = asyncio.get_running_loop()
    descriptor = _pipe()

    def gone() -> None:
        loop.remove_reader(descriptor)
        left.set()

    if descriptor >= 0:
        loop.add_reader(descriptor, gone)
    try:
        yield left
    finally:
        if descriptor >= 0:
            loop.remove_reader(descriptor)


def _pipe() -> int:
    """Return the number of the standard output when that is a pipe, else -1."""
    with suppress(OSError, io.UnsupportedOperation):
        number = sys.stdout.fileno()
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            return number
    return -1


def _say_nothing_more() -> None:
    """Keep the interpreter from complaining about the pipe when it flushes at its end."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
