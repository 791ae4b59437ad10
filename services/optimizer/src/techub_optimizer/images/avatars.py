"""Pictures from strangers: four formats, few pixels, one frame, and nothing kept but the pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pyvips

from techub_common.errors import Permanent
from techub_optimizer.formats import Format

SIDE: Final = 460
MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 4096 * 4096
OPAQUE: Final = 255

# Loaders by the first bytes of a file; they read one frame unless asked for more.
_LOADERS: Final[Mapping[bytes, Callable[..., pyvips.Image]]] = {
    b"\x89PNG\r\n\x1a\n": pyvips.Image.pngload_buffer,
    b"\xff\xd8\xff": pyvips.Image.jpegload_buffer,
    b"GIF87a": pyvips.Image.gifload_buffer,
    b"GIF89a": pyvips.Image.gifload_buffer,
    b"RIFF": pyvips.Image.webpload_buffer,
}


class _Refused(Exception):
    """We do not want this picture."""


@dataclass(frozen=True, slots=True)
class Avatar:
    """A square picture of our own making."""

    content: bytes
    form: Format
    side: int = SIDE


def square(content: bytes) -> Avatar:
    """Return the middle of the picture as a square; raise Permanent `picture_refused`."""
    try:
        return _encoded(_squared(_opened(content)))
    except (pyvips.Error, _Refused) as error:
        message = f"the picture is refused: {' '.join(str(error).split())}"
        raise Permanent(message, code="picture_refused") from error


def _opened(content: bytes) -> pyvips.Image:
    """Return the picture, of which only the header has been read."""
    if len(content) > MOST_BYTES:
        message = f"it has {len(content)} bytes, the limit is {MOST_BYTES}"
        raise _Refused(message)
    load = next((load for magic, load in _LOADERS.items() if content.startswith(magic)), None)
    if load is None:
        message = "it is no PNG, JPEG, GIF or WebP"
        raise _Refused(message)
    image = load(content, access="sequential", fail_on="error")
    if image.width * image.height > MOST_PIXELS:
        message = f"it has {image.width}x{image.height} pixels, the limit is 4096x4096"
        raise _Refused(message)
    return image


def _squared(image: pyvips.Image) -> pyvips.Image:
    """Return the middle square, upright, in sRGB with eight bits, in memory."""
    side = min(image.width, image.height)
    middle = image.crop((image.width - side) // 2, (image.height - side) // 2, side, side)
    small = middle.colourspace("srgb").thumbnail_image(SIDE, height=SIDE, no_rotate=True)
    upright = small.copy_memory().autorot()
    return upright[:3] if upright.hasalpha() and upright[-1].min() == OPAQUE else upright


def _encoded(image: pyvips.Image) -> Avatar:
    """Return a PNG when it is transparent or no larger than the JPEG would be."""
    lossless: bytes = image.pngsave_buffer(compression=6, keep="none")
    if image.hasalpha():
        return Avatar(lossless, "png")
    lossy: bytes = image.jpegsave_buffer(Q=88, optimize_coding=True, keep="none")
    return Avatar(lossless, "png") if len(lossless) <= len(lossy) else Avatar(lossy, "jpeg")
