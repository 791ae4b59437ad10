"""What strangers send: squared, or refused before it costs anything."""

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from techub_common.errors import Permanent
from techub_optimizer.images import Libvips, square

from .conftest import encoded, opened

PHOTO = Image.effect_noise((900, 600), 60).convert("RGB")


def chunk(name: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """Return a PNG that claims a size and holds whatever pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    )


def animated() -> bytes:
    """Return a GIF of forty frames, the first of them red."""
    frames = [Image.new("RGB", (200, 100), (255 - 6 * step, 6 * step, 0)) for step in range(40)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


WELCOME = {
    "png": encoded(PHOTO, "PNG"),
    "jpeg": encoded(PHOTO, "JPEG"),
    "webp": encoded(PHOTO, "WEBP"),
    "gif": encoded(PHOTO.convert("P"), "GIF"),
    "animated": animated(),
    "grey": encoded(PHOTO.convert("L"), "PNG"),
    "cmyk": encoded(PHOTO.convert("CMYK"), "JPEG"),
    "one pixel": encoded(Image.new("RGB", (1, 1)), "PNG"),
    "one column": encoded(Image.new("RGB", (1, 4096)), "PNG"),
    "largest": encoded(Image.new("L", (4096, 4096)), "PNG"),
}

HOSTILE = {
    "empty": b"",
    "text": b"hello, world",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "tiff": encoded(PHOTO, "TIFF"),
    "bmp": encoded(PHOTO, "BMP"),
    "pdf": b"%PDF-1.7\n" + b"x" * 100,
    "magic only": b"\x89PNG\r\n\x1a\n",
    "wrong magic": b"\xff\xd8\xff" + encoded(PHOTO, "PNG"),
    "truncated png": encoded(PHOTO, "PNG")[:-5000],
    "truncated jpeg": encoded(PHOTO, "JPEG")[:20_000],
    "truncated webp": encoded(PHOTO, "WEBP")[:-5000],
    "truncated gif": encoded(PHOTO.convert("P"), "GIF")[:9000],
    "riff but no webp": b"RIFF\x00\x00\x00\x00WAVEfmt " + b"\x00" * 64,
    "pixel flood": png_of(65_535, 65_535),
    "too many pixels": png_of(4097, 4096),
    "promised pixels": png_of(4096, 4096, b"\x00" * 64),
    "gif flood": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\x00\x00" + b"\x00" * 64,
    "too many bytes": encoded(PHOTO, "PNG") + b"\x00" * (10 * 1024 * 1024),
}


@pytest.mark.parametrize("name", WELCOME)
async def test_welcome(vips: Libvips, name: str) -> None:
    """Whatever can be decoded becomes a square PNG or JPEG of our own making."""
    avatar = await vips.work(lambda: square(WELCOME[name]))

    image = opened(avatar.content)
    assert image.format == {"png": "PNG", "jpeg": "JPEG"}[avatar.form]
    assert image.size == (460, 460)
    assert image.mode in {"RGB", "L", "P"}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile(vips: Libvips, name: str) -> None:
    """Whatever is not a small, whole picture of a known kind is refused at once."""
    started = time.monotonic()

    with pytest.raises(Permanent) as caught:
        await vips.work(lambda: square(HOSTILE[name]))

    assert caught.value.code == "picture_refused"
    assert time.monotonic() - started < 5


async def test_middle_is_kept(vips: Libvips) -> None:
    """A wide picture loses its sides, not its shape."""
    wide = Image.new("RGB", (900, 300), (0, 0, 0))
    wide.paste((255, 0, 0), (300, 0, 600, 300))

    avatar = await vips.work(lambda: square(encoded(wide, "PNG")))

    image = opened(avatar.content).convert("RGB")
    assert {image.getpixel(at) for at in ((8, 8), (450, 8), (230, 230))} <= {
        (255, 0, 0),
        (254, 0, 0),
    }


async def test_transparency_is_kept(vips: Libvips) -> None:
    """A transparent avatar stays transparent, as PNG."""
    ring = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    ring.paste((0, 0, 255, 255), (100, 100, 200, 200))

    avatar = await vips.work(lambda: square(encoded(ring, "PNG")))

    image = opened(avatar.content).convert("RGBA")
    assert avatar.form == "png"
    assert (image.getpixel((5, 5))[3], image.getpixel((230, 230))[3]) == (0, 255)


async def test_first_frame(vips: Libvips) -> None:
    """Of an animation the first frame is kept."""
    avatar = await vips.work(lambda: square(WELCOME["animated"]))

    red, green, _ = opened(avatar.content).convert("RGB").getpixel((230, 230))
    assert red > 240
    assert green < 15


async def test_turned_upright(vips: Libvips) -> None:
    """A photo that says it lies on its side is turned, and then says nothing."""
    photo = Image.new("RGB", (400, 400), (0, 0, 0))
    photo.paste((255, 255, 255), (0, 0, 400, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", exif=exif, quality=95)

    avatar = await vips.work(lambda: square(buffer.getvalue()))

    image = opened(avatar.content).convert("L")
    assert image.getpixel((440, 230)) > 240
    assert image.getpixel((20, 230)) < 15
    assert not image.getexif()
