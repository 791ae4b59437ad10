"""Which engine makes the files, and which of them are kept."""

from collections.abc import Mapping, Sequence

import pytest

from techub_optimizer.engines import EngineFailed, make, savings, smaller
from techub_optimizer.formats import USUAL, Format, Webp

CAPTURE = b"x" * 100


class PaperEngine:
    """Makes files of the given sizes, or fails."""

    def __init__(self, name: str, **sizes: int) -> None:
        self.name = name
        self.provider = name
        self._sizes = sizes

    async def encode(
        self, capture: bytes, formats: Sequence[Format], how: Webp = USUAL
    ) -> Mapping[Format, bytes]:
        """Return files; raise EngineFailed when it was given no sizes."""
        del capture, how
        if not self._sizes:
            raise EngineFailed
        return {form: b"y" * self._sizes[form] for form in formats}


async def test_first_engine() -> None:
    """The first engine that does not fail makes the files."""
    made = await make(CAPTURE, ("png",), [PaperEngine("one", png=9), PaperEngine("two", png=8)])

    assert (made.engine, made.provider, len(made.files["png"])) == ("one", "one", 9)
    assert made.optimised


async def test_fallback() -> None:
    """When the first engine fails the second makes the files, and nothing is lost."""
    made = await make(CAPTURE, ("png",), [PaperEngine("one"), PaperEngine("two", png=8)])

    assert made.engine == "two"
    assert made.optimised


@pytest.mark.parametrize("engines", [[], [PaperEngine("one"), PaperEngine("two")]])
async def test_as_captured(engines: list[PaperEngine]) -> None:
    """When every engine fails the capture is published as it is."""
    made = await make(CAPTURE, ("png", "webp"), engines)

    assert made.files == {"png": CAPTURE}
    assert not made.optimised


def test_capture_stands_in_for_a_larger_png() -> None:
    """A PNG that became larger is replaced by the capture."""
    assert smaller(CAPTURE, {"png": b"y" * 101, "webp": b"z"}) == {"png": CAPTURE, "webp": b"z"}


def test_larger_renditions_are_left_out() -> None:
    """A WebP or JPEG that is no smaller than the capture is not published."""
    files: dict[Format, bytes] = {"png": b"y", "webp": b"z" * 100, "jpeg": b"z" * 101}

    assert smaller(CAPTURE, files) == {"png": b"y"}


def test_png_comes_first() -> None:
    """The PNG is the first file, whatever order an engine worked in."""
    assert next(iter(smaller(CAPTURE, {"webp": b"z", "png": b"y"}))) == "png"


@pytest.mark.parametrize(
    ("before", "after", "percent"), [(200, 50, 75.0), (100, 100, 0.0), (0, 0, 0.0), (3, 2, 33.3)]
)
def test_savings(before: int, after: int, percent: float) -> None:
    """Savings are percent of what came in."""
    assert savings(before, after) == percent
