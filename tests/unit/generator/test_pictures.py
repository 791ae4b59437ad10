"""Kind and size of a picture, from its first bytes."""

import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from techub_generator.pictures import KINDS, Picture, seen

MAGIC = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBP"]


def drawn(kind: str, size: tuple[int, int], **options: object) -> bytes:
    """Return a real picture."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "options", "mime", "extension"),
    [
        ("PNG", {}, "image/png", "png"),
        ("JPEG", {}, "image/jpeg", "jpg"),
        ("JPEG", {"progressive": True, "comment": b"x" * 400}, "image/jpeg", "jpg"),
        ("GIF", {}, "image/gif", "gif"),
        ("WEBP", {}, "image/webp", "webp"),
        ("WEBP", {"lossless": True}, "image/webp", "webp"),
        ("WEBP", {"exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00"}, "image/webp", "webp"),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (460, 300), (2049, 17)])
def test_real_pictures(
    kind: str, options: dict[str, object], mime: str, extension: str, size: tuple[int, int]
) -> None:
    """Every form GitHub serves is told by its bytes, size included."""
    picture = seen(drawn(kind, size, **options))

    assert picture is not None
    assert (picture.mime, picture.extension) == (mime, extension)
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"BM\x00", *MAGIC]
)
def test_anything_else(content: bytes) -> None:
    """A drawing in text, a page or a broken head is no picture of ours."""
    assert seen(content) is None


@given(st.sampled_from(MAGIC), st.binary(max_size=200))
@example(b"\xff\xd8\xff", b"\xe0\x00\x00" + b"\xff\xe0\x00\x00" * 9)
@example(b"\xff\xd8\xff", b"\xff" * 50)
def test_no_bytes_break_it(magic: bytes, rest: bytes) -> None:
    """Whatever follows the magic bytes, there is an answer, and a size is never zero."""
    picture = seen(magic + rest)

    assert picture is None or (picture.width > 0 and picture.height > 0)
    assert len(KINDS) == len(MAGIC)


@pytest.mark.parametrize(
    "head", [b"\xff" * 2_000_000, b"\xff\xe0\x00\x02" * 500_000], ids=["fill bytes", "segments"]
)
def test_hostile_heads(head: bytes) -> None:
    """Megabytes in which nothing is said are given up after a few thousand steps."""
    assert seen(b"\xff\xd8" + head + drawn("JPEG", (9, 9))[2:]) is None


@pytest.mark.parametrize(
    ("size", "too_large"),
    [((2048, 2048), False), ((4096, 1024), False), ((2049, 2048), True), ((65_535, 65), True)],
)
def test_too_large(size: tuple[int, int], too_large: bool) -> None:
    """What the optimizer would refuse for its size is not handed to it."""
    assert Picture("image/png", "png", *size).too_large is too_large


def test_recorded_avatars(recorded: Path) -> None:
    """Avatars as GitHub served them are understood."""
    for file in (recorded / "avatars").iterdir():
        picture = seen(file.read_bytes())
        with Image.open(file) as opened:
            assert picture is not None
            assert (picture.width, picture.height) == opened.size
