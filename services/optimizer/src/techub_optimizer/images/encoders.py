"""One capture, every format: what libvips is asked for, and why."""

import math
from collections.abc import Callable, Mapping
from typing import Final

import pyvips

from techub_optimizer.formats import USUAL, Format, Webp, size_of

MOST_PIXELS: Final = 8192 * 4096

# Below this a picture has more colours than a palette holds, and one sees it.
PALETTE_DECIBELS: Final = 38.0
PALETTE_EFFORTS: Final = (4, 7)


def decoded(capture: bytes) -> pyvips.Image:
    """Return the whole picture in memory, opaque and in sRGB; raise pyvips.Error."""
    image = pyvips.Image.pngload_buffer(capture, fail_on="error")
    if image.width * image.height > MOST_PIXELS:
        message = f"the capture has {image.width}x{image.height} pixels"
        raise pyvips.Error(message)
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb")
    if image.hasalpha():  # flatten takes a colour band from a picture without alpha
        image = image.flatten()
    return image.copy_memory()


def png(image: pyvips.Image) -> bytes:
    """Return a palette of 256 colours where one cannot tell, else the picture losslessly.

    Dithering costs a third of the bytes and keeps gradients from showing bands. The quick search
    for a palette now and then misses a good one, and then the thorough one is worth its time.
    """
    for effort in PALETTE_EFFORTS:
        small: bytes = image.pngsave_buffer(
            palette=True, Q=90, effort=effort, dither=0.7, compression=6, keep="none"
        )
        if likeness(image, pyvips.Image.pngload_buffer(small)) >= PALETTE_DECIBELS:
            return small
    lossless: bytes = image.pngsave_buffer(compression=6, keep="none")
    return lossless


def webp(image: pyvips.Image, how: Webp = USUAL) -> bytes:
    """Return the picture as WebP, like Chromium's JPEG of quality 85 at half the bytes.

    The preset keeps quality rising with Q: the default one dips where segments are regrouped.
    """
    content: bytes = image.webpsave_buffer(
        Q=how.quality, effort=how.effort, preset="drawing", keep="none"
    )
    return content


def jpeg(image: pyvips.Image) -> bytes:
    """Return the picture as progressive JPEG.

    Without trellis: at equal signal-to-noise it gives larger files here, and takes thrice as long.
    """
    content: bytes = image.jpegsave_buffer(
        Q=85, quant_table=3, optimize_coding=True, interlace=True, keep="none"
    )
    return content


def avif(image: pyvips.Image) -> bytes:
    """Return the picture as AVIF."""
    content: bytes = image.heifsave_buffer(compression="av1", Q=56, effort=2, keep="none")
    return content


def thumbnail(image: pyvips.Image) -> bytes:
    """Return a small WebP for lists."""
    width, height = size_of("thumbnail", image.width, image.height)
    return webp(image.thumbnail_image(width, height=height, size="force"))


def likeness(one: pyvips.Image, other: pyvips.Image) -> float:
    """Return the signal-to-noise ratio in decibels, measured on every fourth pixel."""
    difference = one.subsample(2, 2).cast("short") - other.subsample(2, 2).cast("short")
    error = (difference * difference).avg()
    return 10 * math.log10(255 * 255 / error) if error else math.inf


Encoder = Callable[[pyvips.Image], bytes]
ENCODERS: Final[Mapping[Format, Encoder]] = {
    "png": png,
    "webp": webp,
    "jpeg": jpeg,
    "avif": avif,
    "thumbnail": thumbnail,
}
