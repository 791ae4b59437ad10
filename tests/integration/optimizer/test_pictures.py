"""What the engines make of a capture."""

import math
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat, PngImagePlugin

from techub_common.errors import Permanent
from techub_optimizer.engines import EngineFailed, make
from techub_optimizer.formats import USUAL, Format, Webp
from techub_optimizer.images import Libvips
from techub_optimizer.magick import Magick, find_magick

from .conftest import encoded, opened

ALL: tuple[Format, ...] = ("png", "webp", "jpeg", "avif")
PIL_NAMES = {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG", "avif": "AVIF"}


def decibels(one: Image.Image, other: Image.Image) -> float:
    """Return how like two pictures are."""
    squares = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).sum2
    error = sum(squares) / (3 * one.width * one.height)
    return 10 * math.log10(255 * 255 / error) if error else math.inf


async def test_vips(vips: Libvips, capture: bytes) -> None:
    """Every format is smaller than the capture, of the same size, and looks like it."""
    made = await make(capture, ALL, [vips])

    assert list(made.files) == list(ALL)
    assert made.engine.startswith("libvips 8.")
    for form, content in made.files.items():
        image = opened(content)
        assert image.format == PIL_NAMES[form]
        assert image.size == (1200, 630)
        assert len(content) < len(capture)
        assert decibels(image, opened(capture)) > 33


@pytest.mark.parametrize("engine", ["vips", "magick"])
async def test_thumbnail(request: pytest.FixtureRequest, capture: bytes, engine: str) -> None:
    """A thumbnail is 480 pixels wide, small, and looks like the picture."""
    engines = [request.getfixturevalue(engine)]

    made = await make(capture, ("png", "thumbnail"), engines)

    small = opened(made.files["thumbnail"])
    assert (small.format, small.size) == ("WEBP", (480, 252))
    assert len(made.files["thumbnail"]) < 20_000
    assert decibels(small, opened(capture).resize((480, 252), Image.Resampling.LANCZOS)) > 30


@pytest.mark.parametrize("engine", ["vips", "magick"])
async def test_other_webp(request: pytest.FixtureRequest, capture: bytes, engine: str) -> None:
    """A WebP of less quality, or searched for longer, is smaller; other files stay as they are."""
    made = [
        (await make(capture, ("png", "webp"), [request.getfixturevalue(engine)], how)).files
        for how in (USUAL, Webp(USUAL.quality, 6), Webp(60, 6))
    ]

    sizes = [len(files["webp"]) for files in made]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3
    assert len({files["png"] for files in made}) == 1


async def test_same_capture_same_files(vips: Libvips, capture: bytes) -> None:
    """The same capture gives the same bytes."""
    assert await vips.encode(capture, ALL) == await vips.encode(capture, ALL)


async def test_palette_where_one_cannot_tell(vips: Libvips, capture: bytes) -> None:
    """A picture of few colours is written with a palette."""
    assert opened((await vips.encode(capture, ["png"]))["png"]).mode == "P"


async def test_lossless_where_one_can(vips: Libvips, colourful: bytes) -> None:
    """A picture of many colours keeps every one of them."""
    image = opened((await vips.encode(colourful, ["png"]))["png"])

    assert image.mode == "RGB"
    assert decibels(image, opened(colourful)) == math.inf


async def test_never_larger(vips: Libvips) -> None:
    """A capture that cannot be made smaller is published as it came."""
    tiny = encoded(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG")

    made = await make(tiny, ALL, [vips])

    assert made.files == {"png": tiny} or all(len(file) < len(tiny) for file in made.files.values())
    assert made.files["png"]


async def test_transparent_capture(vips: Libvips) -> None:
    """A capture with alpha becomes opaque and keeps its three colours."""
    clear = encoded(Image.new("RGBA", (64, 64), (10, 20, 30, 255)), "PNG", compress_level=0)

    image = opened((await vips.encode(clear, ["jpeg"]))["jpeg"])

    assert image.mode == "RGB"
    assert decibels(image, Image.new("RGB", (64, 64), (10, 20, 30))) > 40


async def test_metadata_is_left_out(vips: Libvips, capture: bytes) -> None:
    """What a file says beside its pixels is not published."""
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "made by somebody")
    noted = encoded(opened(capture), "PNG", pnginfo=note, compress_level=1)  # type: ignore[arg-type]

    files = await vips.encode(noted, ALL)

    assert b"made by somebody" in noted
    assert not any(b"made by somebody" in content for content in files.values())


@pytest.mark.parametrize("broken", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
async def test_broken_capture(vips: Libvips, broken: bytes) -> None:
    """A capture that is none fails the engine."""
    with pytest.raises(EngineFailed):
        await vips.encode(broken, ALL)


async def test_truncated_capture(vips: Libvips, capture: bytes) -> None:
    """A capture that was cut short fails the engine, and is published as it is without another."""
    made = await make(capture[:-1000], ALL, [vips])

    assert not made.optimised


@pytest.fixture
def magick(magick_command: str) -> Magick:
    """Give ImageMagick."""
    return Magick(magick_command, "ImageMagick")


async def test_magick(magick_command: str, capture: bytes) -> None:
    """ImageMagick makes the same formats when it is asked to, but for AVIF."""
    magick = await find_magick(magick_command)
    assert magick is not None

    made = await make(capture, ALL, [magick])

    assert made.engine.startswith("ImageMagick ")
    assert list(made.files) == ["png", "webp", "jpeg"]
    for form, content in made.files.items():
        assert opened(content).format == PIL_NAMES[form]
        assert decibels(opened(content), opened(capture)) > 33


async def test_fallback_to_magick(magick: Magick, capture: bytes) -> None:
    """What one engine refuses ImageMagick does: nothing is lost."""
    made = await make(capture, ("png",), [_Refusing(), magick])

    assert made.provider == "magick"
    assert made.optimised


class _Refusing:
    name = provider = "refusing"

    async def encode(self, *_: object) -> dict[Format, bytes]:
        """Fail."""
        raise EngineFailed


async def test_not_imagemagick(tmp_path: Path) -> None:
    """A configured command that is not ImageMagick is named at the start."""
    impostor = tmp_path / "convert"
    impostor.write_text("#!/bin/sh\necho ImageMagick is not installed here\n")
    impostor.chmod(0o755)

    with pytest.raises(Permanent, match="IM_CLI names") as caught:
        await find_magick(str(impostor))

    assert caught.value.code == "magick_missing"


async def test_failing_command(tmp_path: Path) -> None:
    """A command that fails, says nothing or is not there fails the engine."""
    for script in ("exit 1", "exit 0", "cat >/dev/null; echo no >&2; exit 2"):
        command = tmp_path / "magick"
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
        with pytest.raises(EngineFailed):
            await Magick(str(command), "fake").encode(b"x" * 300_000, ["png"])

    with pytest.raises(EngineFailed):
        await Magick("/nowhere/magick", "fake").encode(b"x", ["png"])
