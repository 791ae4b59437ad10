"""Our own captures: one decoding, then every format side by side, one thread each."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import pyvips
import structlog

from techub_optimizer.engines import EngineFailed
from techub_optimizer.formats import USUAL, Format, Webp
from techub_optimizer.images.encoders import ENCODERS, Encoder, decoded, webp
from techub_optimizer.images.memory import give_back, keep_small
from techub_optimizer.images.setup import name_of_libvips, set_up

log = structlog.get_logger()

T = TypeVar("T")


class Libvips:
    """Encodes in threads of its own: libvips releases the interpreter while it works."""

    provider = "vips"

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.name = name_of_libvips()
        self._threads = threads
        self._at_work = 0

    async def encode(
        self, capture: bytes, formats: Sequence[Format], how: Webp = USUAL
    ) -> Mapping[Format, bytes]:
        """Return one file per format, without metadata; raise EngineFailed."""
        encoders: dict[Format, Encoder] = {**ENCODERS, "webp": partial(webp, how=how)}
        self._at_work += 1
        try:
            image = await self._work(partial(decoded, capture))
            files = await asyncio.gather(
                *(self._work(partial(encoders[form], image)) for form in formats)
            )
        except pyvips.Error as error:
            reason = " ".join(str(error).split())
            log.warning("vips_optimize_failed", error=reason)
            raise EngineFailed(reason) from error
        finally:
            self._at_work -= 1
            if not self._at_work:
                give_back()
        return dict(zip(formats, files, strict=True))

    async def _work(self, task: Callable[[], T]) -> T:
        """Return what the task returns, done in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, task)


@contextmanager
def open_libvips() -> Iterator[Libvips]:
    """Yield libvips set up for a service: no caches, a thread per file, no exotic loaders."""
    keep_small()
    set_up()
    with ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="vips") as threads:
        yield Libvips(threads)
