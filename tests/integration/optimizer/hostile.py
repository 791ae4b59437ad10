"""Pictures made to do harm, built here byte by byte; none was copied from anywhere."""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, PngImagePlugin

PHOTO = Image.effect_noise((600, 400), 60).convert("RGB")
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PHP = b"<?php system($_GET['c']); ?><script>alert(1)</script>"
ENTITY = b"""<?xml version="1.0"?>
<!DOCTYPE svg [<!ENTITY leak SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><text>&leak;</text></svg>"""


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """Return the picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def png(
    width: int,
    height: int,
    pixels: bytes = b"",
    *,
    depth: int = 8,
    colour: int = 2,
    interlaced: int = 0,
    before: bytes = b"",
) -> bytes:
    """Return a PNG that claims a size and holds whatever pixels."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    data = zlib.compress(pixels, 9)
    return PNG_MAGIC + chunk(b"IHDR", head) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def frame_bomb(form: str, frames: int) -> bytes:
    """Return an animation of many frames."""
    pictures = [Image.new("RGB", (64, 64), (step % 256, 0, 0)) for step in range(frames)]
    return saved(pictures[0], form, save_all=True, append_images=pictures[1:], duration=20)


def scan_bomb(scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated; each one costs a pass over it all."""
    content = saved(Image.new("RGB", (2048, 2048)), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * scans + content[-2:]


def icc_bloat() -> bytes:
    """Return a PNG whose small chunk unpacks to 200 MB of colour profile."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    profile = chunk(b"iCCP", b"bomb\0\0" + packed)
    return png(64, 64, bytes(64 * 193), before=profile)


def text_bloat() -> bytes:
    """Return a PNG with a comment that unpacks to 100 MB, a hundred times."""
    packed = zlib.compress(bytes(1 << 20), 9)
    comments = b"".join(chunk(b"zTXt", b"a%d\0\0" % number + packed) for number in range(100))
    return png(64, 64, bytes(64 * 193), before=comments)


def exif_bloat() -> bytes:
    """Return a JPEG with a megabyte of metadata, some of which is an address."""
    exif = Image.Exif()
    exif[0x010E] = "somebody@example.org, 12 Some Street " * 1500
    content = saved(PHOTO, "JPEG", exif=exif)
    segment = b"\xff\xe2" + struct.pack(">H", 65_535) + b"ICC_PROFILE\0\1\1" + bytes(65_519)
    return content[:2] + segment * 15 + content[2:]


def many_chunks() -> bytes:
    """Return a PNG of two hundred thousand empty chunks."""
    return png(64, 64, bytes(64 * 193), before=chunk(b"teXt", b"") * 150_000)


def animated_png() -> bytes:
    """Return an APNG that promises four billion frames."""
    control = chunk(b"acTL", struct.pack(">II", 0xFFFF_FFFE, 0))
    return png(64, 64, bytes(64 * 193), before=control)


def palette_with_alpha() -> bytes:
    """Return a palette picture whose colours are partly transparent."""
    image = PHOTO.quantize(64)
    return saved(image, "PNG", transparency=bytes(range(0, 256, 4)))


def noted() -> bytes:
    """Return a PNG that says who made it."""
    note = PngImagePlugin.PngInfo()
    note.add_text("Author", "somebody@example.org")
    return saved(PHOTO, "PNG", pnginfo=note)


def zero_in(content: bytes, at: int, size: int = 4) -> bytes:
    """Return the file with zeroes in one place."""
    return content[:at] + bytes(size) + content[at + size :]


def _made() -> Iterator[tuple[str, bytes]]:
    whole_png, whole_jpeg, whole_gif, whole_webp = (
        saved(PHOTO, form) for form in ("PNG", "JPEG", "GIF", "WEBP")
    )
    yield "empty", b""
    yield "text", b"hello, world"
    yield "html", b"<html><script>alert(1)</script></html>"
    yield "svg with external entity", ENTITY
    yield "svg behind a png's magic", PNG_MAGIC + ENTITY
    yield "pdf", b"%PDF-1.7\n" + b"x" * 100
    yield "tiff", saved(PHOTO, "TIFF")
    yield "bmp", saved(PHOTO, "BMP")
    yield "postscript", b"%!PS-Adobe-3.0\n(/etc/passwd) run"
    yield "magic only", PNG_MAGIC
    yield "wrong extension", b"\xff\xd8\xff" + whole_png
    yield "riff but no webp", b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(64)
    yield "truncated png", whole_png[:-5000]
    yield "truncated jpeg", whole_jpeg[:20_000]
    yield "truncated gif", whole_gif[:9000]
    yield "truncated webp", whole_webp[:-5000]
    yield "damaged png", zero_in(whole_png, len(whole_png) // 2, 500)
    yield "zero width png", zero_in(whole_png, 16)
    yield "zero size gif", zero_in(whole_gif, 6)
    yield "pixel flood png", png(65_535, 65_535)
    yield (
        "pixel flood gif",
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0" + bytes(64),
    )
    at = whole_jpeg.index(b"\xff\xc0") + 5
    yield "pixel flood jpeg", whole_jpeg[:at] + b"\xff\xff\xff\xff" + whole_jpeg[at + 4 :]
    yield "zlib bomb", png(2048, 2048, bytes(2048 * 6145))
    yield "zlib bomb beyond its size", png(16, 16, bytes(1 << 27))
    yield (
        "interlaced deep flood",
        png(2048, 2048, bytes(2048 * 16_385), depth=16, colour=6, interlaced=1),
    )
    yield "promised pixels", png(2048, 2048, bytes(64))
    yield "apng frame bomb", animated_png()
    yield "gif frame bomb", frame_bomb("GIF", 3000)
    yield "webp frame bomb", frame_bomb("WEBP", 1500)
    yield "jpeg scan flood", scan_bomb(4000)
    yield "jpeg scan bomb", scan_bomb(95)
    yield "icc bloat", icc_bloat()
    yield "text bloat", text_bloat()
    yield "exif bloat", exif_bloat()
    yield "chunk flood", many_chunks()
    yield "polyglot gif script", b"GIF89a/*" + whole_gif[8:] + b"*/=1;" + PHP
    yield "polyglot png php", whole_png + PHP
    yield "polyglot jpeg zip", whole_jpeg + b"PK\x03\x04" + PHP
    yield "comment php", saved(PHOTO, "JPEG", comment=PHP)
    yield "sixteen bit", png(300, 300, bytes(300 * 1801), depth=16)
    yield "cmyk", saved(PHOTO.convert("CMYK"), "JPEG")
    yield "palette with alpha", palette_with_alpha()
    yield "metadata", noted()
    yield "one pixel", saved(Image.new("RGB", (1, 1)), "PNG")
    yield "one line", saved(Image.new("RGB", (60_000, 1)), "PNG")
    yield "too many bytes", whole_png + bytes(10 * 1024 * 1024)


CORPUS = dict(_made())

# What must be refused; the rest may be converted, or refused for being damaged.
REFUSED = frozenset(
    {
        *("empty", "text", "html", "svg with external entity", "svg behind a png's magic", "pdf"),
        *("tiff", "bmp", "postscript", "magic only", "wrong extension", "riff but no webp"),
        *("truncated png", "truncated jpeg", "truncated gif", "truncated webp", "damaged png"),
        *(
            "zero width png",
            "jpeg scan flood",
            "jpeg scan bomb",
            "chunk flood",
            "pixel flood png",
            "pixel flood gif",
            "pixel flood jpeg",
        ),
        *("interlaced deep flood", "promised pixels", "gif frame bomb", "one line"),
        "too many bytes",
    }
)
CONVERTED = frozenset(
    {
        *("sixteen bit", "cmyk", "palette with alpha", "metadata", "one pixel", "exif bloat"),
        *("polyglot png php", "polyglot jpeg zip", "comment php"),
    }
)
