"""Pictures from strangers: four formats, few pixels, one frame, and nothing kept but the pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyvips

from techub_optimizer.formats import Format
from techub_optimizer.images.essentials import Refused, essential

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_PIXELS: Final = 2048 * 2048
MOST_DECODED: Final = MOST_PIXELS * 4
MOST_FRAMES: Final = 1000
MOST_ASPECT: Final = 20
AVATAR_SIDE: Final = 460
ARTWORK_SIDE: Final = 1344
OPAQUE: Final = 255
FLAT_BYTES: Final = 24_000
FAIL: Final = "[fail_on=error]"

# The loaders we trust, by the first bytes of a file.
_LOADERS: Final[Mapping[bytes, str]] = {
    b"\x89PNG\r\n\x1a\n": "pngload_buffer",
    b"\xff\xd8\xff": "jpegload_buffer",
    b"GIF87a": "gifload_buffer",
    b"GIF89a": "gifload_buffer",
    b"RIFF": "webpload_buffer",
}


class Shape(StrEnum):
    """What a picture from outside becomes."""

    avatar = "avatar"
    artwork = "artwork"


_SIZES: Final[Mapping[Shape, tuple[int, Mapping[str, str]]]] = {
    Shape.avatar: (AVATAR_SIDE, {"crop": "centre"}),
    Shape.artwork: (ARTWORK_SIDE, {"size": "down"}),
}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A picture of our own making: every pixel was decoded and written again."""

    content: bytes
    form: Format
    width: int
    height: int


def remake(content: bytes, shape: Shape) -> Admitted:
    """Return the first frame, upright, in sRGB with eight bits, without metadata; raise Refused.

    An avatar is the middle square of 460 pixels; artwork keeps its shape, 1344 pixels at most.
    """
    try:
        if len(content) > MOST_BYTES:
            message = f"it has {len(content)} bytes, the limit is {MOST_BYTES}"
            raise Refused(message)
        content = essential(content)
        header = _checked(content)
        return _encoded(_thumbnail(content, shape, managed=_has_profile(header)))
    except pyvips.Error as error:
        raise Refused(" ".join(str(error).split())) from error


def _checked(content: bytes) -> pyvips.Image:
    """Return the header alone; raise Refused where decoding would cost too much."""
    loader = next((name for magic, name in _LOADERS.items() if content.startswith(magic)), None)
    if loader is None:
        message = "it is no PNG, JPEG, GIF or WebP"
        raise Refused(message)
    image = getattr(pyvips.Image, loader)(content, access="sequential", fail_on="error")
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        message = f"it has {image.width}x{image.height} pixels, the limit is {MOST_PIXELS}"
        raise Refused(message)
    depth = 2 if image.format == "ushort" else 1
    if pixels * image.bands * depth > MOST_DECODED:
        message = f"its {pixels} pixels of {image.bands * depth} bytes are too many"
        raise Refused(message)
    if max(image.width, image.height) > MOST_ASPECT * min(image.width, image.height):
        message = f"its {image.width}x{image.height} pixels are more of a line than a picture"
        raise Refused(message)
    frames = image.get("n-pages") if image.get_typeof("n-pages") else 1
    if frames > MOST_FRAMES:
        message = f"it has {frames} frames, the limit is {MOST_FRAMES}"
        raise Refused(message)
    return image


def _has_profile(image: pyvips.Image) -> bool:
    return bool(image.get_typeof("icc-profile-data"))


def _thumbnail(content: bytes, shape: Shape, *, managed: bool) -> pyvips.Image:
    """Return the picture in its new size; colours are managed only where it brings a profile.

    Managing those of a picture without one changes nothing and takes five times as long.
    """
    colours = {"output_profile": "srgb"} if managed else {}
    side, how = _SIZES[shape]
    return pyvips.Image.thumbnail_buffer(
        content, side, height=side, option_string=FAIL, **how, **colours
    )


def _encoded(image: pyvips.Image) -> Admitted:
    """Return a PNG when the picture is transparent, or flat and then no larger as PNG."""
    image = image.colourspace("srgb").cast("uchar").copy_memory()
    if image.hasalpha() and image[-1].min() == OPAQUE:
        image = image[: image.bands - 1]
    if image.hasalpha():
        return _admitted(image, image.pngsave_buffer(compression=6, keep="none"), "png")
    lossy: bytes = image.jpegsave_buffer(Q=88, optimize_coding=True, keep="none")
    if len(lossy) < FLAT_BYTES:
        lossless: bytes = image.pngsave_buffer(compression=6, keep="none")
        if len(lossless) <= len(lossy):
            return _admitted(image, lossless, "png")
    return _admitted(image, lossy, "jpeg")


def _admitted(image: pyvips.Image, content: bytes, form: Format) -> Admitted:
    return Admitted(content, form, image.width, image.height)
