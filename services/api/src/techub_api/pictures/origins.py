"""What the story keeps about how a picture was made, and what it is read back as."""

from typing import Any

from pydantic import BaseModel

from techub_common.events import AssetRecorded


class Origin(BaseModel):
    """Who made a picture's files, and of how many bytes; unknown for older ones."""

    provider: str | None = None
    engine: str | None = None
    bytes_before: int | None = None
    width: int = 0
    height: int = 0
    bytes: int = 0
    mime: str = ""

    def savings_percent(self, size: int) -> float | None:
        """Return how much smaller a file of that size is than what it was made of."""
        before = self.bytes_before
        return round(100 * (before - size) / before, 1) if before else None


def origin_of(event: AssetRecorded) -> dict[str, Any]:
    """Return what a step keeps: the maker, and the first file, the only one of an avatar."""
    first = event.renditions[0]
    return Origin(
        provider=event.provider,
        engine=event.engine,
        bytes_before=event.bytes_before,
        width=first.width,
        height=first.height,
        bytes=first.bytes,
        mime=first.mime,
    ).model_dump()
