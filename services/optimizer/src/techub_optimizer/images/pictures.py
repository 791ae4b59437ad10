"""Our own captures: one decoding, then every format side by side, one thread each."""

import asyncio
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

import pyvips
import structlog

from techub_optimizer.engines import EngineFailed
from techub_optimizer.formats import Format

log = structlog.get_logger()

T = TypeVar("T")

# Below this a picture has more colours than a palette holds, and one sees it.
PALETTE_DECIBELS: Final = 38.0


class Libvips:
    """Encodes in threads of its own: libvips releases the interpreter while it works."""

    provider = "vips"

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.name = f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}"
        self._threads = threads

    async def encode(self, capture: bytes, formats: Sequence[Format]) -> Mapping[Format, bytes]:
        """Return one file per format, without metadata; raise EngineFailed."""
        try:
            image = await self.work(partial(decoded, capture))
            files = await asyncio.gather(
                *(self.work(partial(ENCODERS[form], image)) for form in formats)
            )
        except pyvips.Error as error:
            reason = " ".join(str(error).split())
            log.warning("vips_optimize_failed", error=reason)
            raise EngineFailed(reason) from error
        return dict(zip(formats, files, strict=True))

    async def work(self, task: Callable[[], T]) -> T:
        """Return what the task returns, done in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, task)


@contextmanager
def open_libvips() -> Iterator[Libvips]:
    """Yield libvips set up for a service: no caches, a thread per picture, no exotic loaders."""
    pyvips.cache_set_max(0)
    pyvips.concurrency_set(1)
    pyvips.block_untrusted_set(True)
    with ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="vips") as threads:
        yield Libvips(threads)


def decoded(capture: bytes) -> pyvips.Image:
    """Return the whole picture in memory, opaque."""
    image = pyvips.Image.pngload_buffer(capture, fail_on="error")
    if image.hasalpha():  # flatten takes a colour band from a picture without alpha
        image = image.flatten()
    return image.copy_memory()


def png(image: pyvips.Image) -> bytes:
    """Return a palette of 256 colours where one cannot tell, else the picture losslessly."""
    small: bytes = image.pngsave_buffer(
        palette=True, Q=90, effort=4, dither=0.7, compression=6, keep="none"
    )
    if likeness(image, pyvips.Image.pngload_buffer(small)) >= PALETTE_DECIBELS:
        return small
    lossless: bytes = image.pngsave_buffer(compression=6, keep="none")
    return lossless


def webp(image: pyvips.Image) -> bytes:
    """Return the picture as WebP."""
    content: bytes = image.webpsave_buffer(Q=84, effort=4, keep="none")
    return content


def jpeg(image: pyvips.Image) -> bytes:
    """Return the picture as JPEG."""
    content: bytes = image.jpegsave_buffer(
        Q=85, trellis_quant=True, quant_table=3, optimize_coding=True, keep="none"
    )
    return content


def likeness(one: pyvips.Image, other: pyvips.Image) -> float:
    """Return the signal-to-noise ratio in decibels, measured on every fourth pixel."""
    difference = one.subsample(2, 2).cast("short") - other.subsample(2, 2).cast("short")
    error = (difference * difference).avg()
    return 10 * math.log10(255 * 255 / error) if error else math.inf


ENCODERS: Final[Mapping[Format, Callable[[pyvips.Image], bytes]]] = {
    "png": png,
    "webp": webp,
    "jpeg": jpeg,
}
