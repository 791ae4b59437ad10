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
    async with _watched_reader(task.cancel) as left:
        try:
            return await task
        except asyncio.CancelledError:
            if left.is_set():
                raise BrokenPipeError from None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise


@asynccontextmanager
async def _watched_reader(cancel: Callable[[], object]) -> AsyncIterator[asyncio.Event]:
    """Cancel as soon as the reader of our pipe leaves, not only when there is a line for it."""
    left = asyncio.Event()

    def gone() -> None:
        loop.remove_reader(descriptor)
        left.set()
        cancel()

    descriptor = -1
    loop = asyncio.get_running_loop()
    with suppress(OSError, io.UnsupportedOperation):
        number = sys.stdout.fileno()
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            loop.add_reader(number, gone)
            descriptor = number
    try:
        yield left
    finally:
        if descriptor >= 0:
            loop.remove_reader(descriptor)


def _say_nothing_more() -> None:
    """Keep the interpreter from complaining about the pipe when it flushes at its end."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
