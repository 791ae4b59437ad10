"""Making small files of a capture: the first engine that can, else the capture as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from techub_optimizer.formats import USUAL, Format, Webp

AS_CAPTURED: Final = "none"


class EngineFailed(Exception):
    """This engine could not make the files, and has logged why; another may."""


class Engine(Protocol):
    """What turns a lossless capture into files."""

    @property
    def provider(self) -> str:
        """Return the short name of who makes the files."""
        ...

    @property
    def name(self) -> str:
        """Return the name and version."""
        ...

    async def encode(
        self, capture: bytes, formats: Sequence[Format], how: Webp = USUAL
    ) -> Mapping[Format, bytes]:
        """Return one file per format, the WebP made like that; raise EngineFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """The files to publish, PNG first; without an engine it is the capture itself."""

    files: Mapping[Format, bytes]
    provider: str
    engine: str

    @property
    def optimised(self) -> bool:
        """Return whether an engine made the files."""
        return self.engine != AS_CAPTURED


async def make(
    capture: bytes, formats: Sequence[Format], engines: Sequence[Engine], how: Webp = USUAL
) -> Made:
    """Return the files of the first engine that does not fail, none larger than the capture."""
    for engine in engines:
        try:
            files = await engine.encode(capture, formats, how)
        except EngineFailed:
            continue
        return Made(smaller(capture, files), engine.provider, engine.name)
    return Made({"png": capture}, "capture", AS_CAPTURED)


def smaller(capture: bytes, files: Mapping[Format, bytes]) -> dict[Format, bytes]:
    """Return the files that are smaller than the capture, which stands in for a larger PNG."""
    kept = {form: content for form, content in files.items() if len(content) < len(capture)}
    return {"png": kept.pop("png", capture), **kept}


def savings(before: int, after: int) -> float:
    """Return how many percent smaller it became."""
    return round(100 * (before - after) / before, 1) if before else 0.0
