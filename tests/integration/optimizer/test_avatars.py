"""What strangers send: made anew, or refused before it costs anything."""

import io
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
import pyvips
from PIL import Image

from techub_common.errors import Permanent
from techub_optimizer.door import Admitted, Door, Shape, keeper, open_door

from .conftest import encoded, opened
from .hostile import CONVERTED, CORPUS, REFUSED, frame_bomb

MEGABYTE = 1024 * 1024
PHOTO = Image.effect_noise((900, 600), 60).convert("RGB")
PIL_NAMES = {"png": "PNG", "jpeg": "JPEG"}
WELCOME = {
    "png": encoded(PHOTO, "PNG"),
    "jpeg": encoded(PHOTO, "JPEG"),
    "progressive": encoded(PHOTO, "JPEG", progressive=1),
    "webp": encoded(PHOTO, "WEBP"),
    "gif": encoded(PHOTO.convert("P"), "GIF"),
    "animated gif": frame_bomb("GIF", 40),
    "animated webp": frame_bomb("WEBP", 10),
    "grey": encoded(PHOTO.convert("L"), "PNG"),
    "one pixel": encoded(Image.new("RGB", (1, 1)), "PNG"),
    "largest": encoded(Image.new("RGBA", (2048, 2048)), "PNG"),
}


@pytest.fixture(scope="module")
async def door() -> AsyncIterator[Door]:
    """Give a door with a warm worker."""
    async with open_door() as door:
        await door.admit(WELCOME["png"], Shape.avatar)
        yield door


@pytest.fixture(autouse=True)
def same_worker(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check that the worker outlived the picture, except where its end is the point."""
    door: Door | None = request.getfixturevalue("door") if "door" in request.fixturenames else None
    before = door.pid if door else None
    yield
    assert not door or door.pid == before


@pytest.mark.parametrize("name", WELCOME)
async def test_welcome(door: Door, name: str) -> None:
    """Whatever can be decoded becomes a square PNG or JPEG of our own making."""
    avatar = await door.admit(WELCOME[name], Shape.avatar)

    image = opened(avatar.content)
    assert image.format == PIL_NAMES[avatar.form]
    assert image.size == (avatar.width, avatar.height) == (460, 460)
    assert image.mode in {"RGB", "RGBA", "L", "P"}


async def test_colours_of_a_wider_space(door: Door) -> None:
    """A picture that brings a profile looks as it did: its numbers change, its colours do not."""
    orange = pyvips.Image.black(64, 64, bands=3).linear(1, [230, 120, 40]).cast("uchar")
    wide = orange.copy(interpretation="srgb").icc_transform("p3", input_profile="srgb")
    made = await door.admit(wide.pngsave_buffer(), Shape.avatar)

    assert wide(9, 9) != [230, 120, 40]
    assert opened(made.content).convert("RGB").getpixel((99, 99)) == pytest.approx(
        (230, 120, 40), abs=3
    )


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("name", CORPUS)
async def test_hostile(door: Door, name: str, shape: Shape) -> None:
    """What was made to do harm is refused, or becomes a plain picture, within 64 MB."""
    worker = psutil.Process(door.pid)
    Path(f"/proc/{door.pid}/clear_refs").write_text("5")
    rest = worker.memory_info().rss
    made, refusal = await outcome(door, CORPUS[name], shape)

    if made is None:
        assert refusal == "picture_refused"
        assert name not in CONVERTED
    else:
        assert name not in REFUSED
        image = opened(made.content)
        assert image.format == PIL_NAMES[made.form]
        assert getattr(image, "n_frames", 1) == 1
        assert not set(image.info) & {"exif", "icc_profile", "comment", "Author", "Description"}
        for trace in (b"<?php", b"<script", b"PK\x03\x04", b"example.org", b"ICC_PROFILE"):
            assert trace not in made.content
    assert _peak(door.pid) - rest <= 64 * MEGABYTE


async def test_hostile_corpus_in_a_row(door: Door) -> None:
    """One worker outlives all of them, keeps no memory, and then does an honest picture."""
    assert len(CORPUS) >= 20
    assert set(CORPUS) >= REFUSED | CONVERTED
    worker = psutil.Process(door.pid)
    rest = worker.memory_info().rss
    for content in CORPUS.values():
        made, refusal = await outcome(door, content, Shape.avatar)
        assert (made is None) == (refusal == "picture_refused")

    assert (await door.admit(WELCOME["jpeg"], Shape.avatar)).width == 460
    assert worker.memory_info().rss - rest <= 32 * MEGABYTE


async def test_hostile_beyond_every_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that takes too long is the end of its worker, not of the door."""
    async with open_door() as door:
        first = door.pid
        monkeypatch.setattr(keeper, "SECONDS", 0.0)
        with pytest.raises(Permanent, match="took longer") as caught:
            await door.admit(WELCOME["png"], Shape.avatar)
        monkeypatch.undo()

        assert caught.value.code == "picture_refused"
        assert (await door.admit(WELCOME["png"], Shape.avatar)).width == 460
        assert door.pid != first


async def test_a_worker_that_was_killed() -> None:
    """A worker that somebody killed is replaced, and its picture is tried again."""
    async with open_door() as other:
        assert other.pid is not None
        os.kill(other.pid, signal.SIGKILL)

        assert (await other.admit(WELCOME["png"], Shape.avatar)).width == 460
    assert other.pid is None


async def test_the_worker_has_nothing_to_steal(door: Door) -> None:
    """The worker has no environment of ours, may write no file and not grow without end."""
    worker = psutil.Process(door.pid)

    assert set(worker.environ()) <= {"MALLOC_ARENA_MAX", "LC_CTYPE"}
    assert worker.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert worker.rlimit(psutil.RLIMIT_DATA)[0] < 1024 * MEGABYTE


async def test_artwork_keeps_its_shape(door: Door) -> None:
    """Artwork is made anew without being cut, and not made larger."""
    made = await door.admit(WELCOME["png"], Shape.artwork)
    shrunk = await door.admit(encoded(PHOTO.resize((2000, 1000)), "JPEG"), Shape.artwork)

    assert (made.width, made.height) == (900, 600)
    assert (shrunk.width, shrunk.height) == (1344, 672)


async def test_middle_is_kept(door: Door) -> None:
    """A wide picture loses its sides, not its shape."""
    wide = Image.new("RGB", (900, 300), (0, 0, 0))
    wide.paste((255, 0, 0), (300, 0, 600, 300))

    avatar = await door.admit(encoded(wide, "PNG"), Shape.avatar)

    image = opened(avatar.content).convert("RGB")
    for at in ((8, 8), (450, 8), (230, 230)):
        red, green, blue = image.getpixel(at)
        assert red > 250
        assert green + blue < 8


async def test_transparency_is_kept(door: Door) -> None:
    """A transparent avatar stays transparent, as PNG."""
    ring = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    ring.paste((0, 0, 255, 255), (100, 100, 200, 200))

    avatar = await door.admit(encoded(ring, "PNG"), Shape.avatar)

    image = opened(avatar.content).convert("RGBA")
    assert avatar.form == "png"
    assert (image.getpixel((5, 5))[3], image.getpixel((230, 230))[3]) == (0, 255)


async def test_first_frame(door: Door) -> None:
    """Of an animation the first frame is kept."""
    avatar = await door.admit(WELCOME["animated gif"], Shape.avatar)

    red, green, _ = opened(avatar.content).convert("RGB").getpixel((230, 230))
    assert red + green < 15


async def test_turned_upright(door: Door) -> None:
    """A photo that says it lies on its side is turned, and then says nothing."""
    photo = Image.new("RGB", (400, 400), (0, 0, 0))
    photo.paste((255, 255, 255), (0, 0, 400, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", exif=exif, quality=95)

    avatar = await door.admit(buffer.getvalue(), Shape.avatar)

    image = opened(avatar.content).convert("L")
    assert image.getpixel((440, 230)) > 240
    assert image.getpixel((20, 230)) < 15
    assert not image.getexif()


async def outcome(door: Door, content: bytes, shape: Shape) -> tuple[Admitted | None, str | None]:
    """Return what the door made of a picture, or the code of its refusal."""
    try:
        return await door.admit(content, shape), None
    except Permanent as error:
        return None, error.code


def _peak(pid: int | None) -> int:
    """Return the most memory the process had since its peak was last forgotten, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
