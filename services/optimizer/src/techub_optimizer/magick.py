"""ImageMagick's command line, for captures libvips cannot do; never given a stranger's file."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog

from techub_common.errors import Permanent
from techub_optimizer.engines import EngineFailed
from techub_optimizer.formats import THUMBNAIL_WIDTH, USUAL, Format, Webp

log = structlog.get_logger()

SECONDS: Final = 20.0
CANDIDATES: Final = ("magick", "convert", "/usr/bin/magick", "/usr/bin/convert")

# Version 6 and 7 alike; AVIF depends on how ImageMagick was built, so it is left to libvips.
_LIMITS: Final = ("-limit", "memory", "128MiB", "-limit", "map", "256MiB", "-limit", "thread", "1")
_OUTPUTS: Final[Mapping[Format, tuple[str, ...]]] = {
    "png": ("-define", "png:compression-level=6", "png:-"),
    "jpeg": ("-background", "black", "-flatten", "-quality", "85", "-interlace", "Plane", "jpeg:-"),
    "thumbnail": (
        *("-resize", f"{THUMBNAIL_WIDTH}x>", "-quality", "76"),
        *("-define", "webp:method=4", "webp:-"),
    ),
}


def _outputs(how: Webp) -> Mapping[Format, tuple[str, ...]]:
    """Return the arguments for each format it knows."""
    webp = ("-quality", f"{how.quality}", "-define", f"webp:method={how.effort}", "webp:-")
    return {**_OUTPUTS, "webp": webp}


class Magick:
    """Runs one process per file."""

    provider = "magick"

    def __init__(self, command: str, name: str) -> None:
        self.command = command
        self.name = name

    async def encode(
        self, capture: bytes, formats: Sequence[Format], how: Webp = USUAL
    ) -> Mapping[Format, bytes]:
        """Return one file per format it knows, without metadata; raise EngineFailed."""
        files = {}
        outputs = _outputs(how)
        try:
            for form in formats:
                if form not in outputs:
                    continue
                arguments = (*_LIMITS, "png:-", "-colorspace", "sRGB", "-strip", *outputs[form])
                files[form] = await _run(self.command, *arguments, stdin=capture)
        except EngineFailed as error:
            log.warning("magick_optimize_failed", error=str(error))
            raise
        return files


async def find_magick(configured: str | None) -> Magick | None:
    """Return the configured ImageMagick, else the first there is, else None.

    Raise Permanent `magick_missing` when the configured command is not ImageMagick.
    """
    for name in [configured] if configured else CANDIDATES:
        command = shutil.which(name)
        version = await _version(command) if command else None
        if command and version:
            return Magick(command, version)
    if configured:
        message = f"IM_CLI names {configured}, which is not ImageMagick"
        raise Permanent(message, code="magick_missing")
    return None


async def _version(command: str) -> str | None:
    try:
        answer = await _run(command, "-version")
    except EngineFailed:
        return None
    words = answer.decode("utf-8", "replace").split()
    return " ".join(words[1:3]) if words[:2] == ["Version:", "ImageMagick"] else None


async def _run(*command: str, stdin: bytes = b"") -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE if stdin else DEVNULL
        )
    except OSError as error:
        message = f"{command[0]} does not start: {error}"
        raise EngineFailed(message) from error
    try:
        async with asyncio.timeout(SECONDS):
            output, errors = await process.communicate(stdin)
    except TimeoutError as error:
        message = f"{command[0]} took longer than {SECONDS:g} s"
        raise EngineFailed(message) from error
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    if process.returncode or not output:
        said = " ".join((errors or b"").decode("utf-8", "replace").split())[:300]
        message = f"{command[0]} ended with {process.returncode}: {said}"
        raise EngineFailed(message)
    return output
