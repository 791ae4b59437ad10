"""What is asked of and told by the services that make pictures."""

from typing import ClassVar, Final, Literal

from techub_common.events.base import Event, Part
from techub_common.events.pipeline import Degradation

AVATAR = "avatar"
SUITE: Final = ("avatar_1x1", "avatar_16x9", "avatar_3x1", "avatar_9x16")
ALTERNATES: Final = ("avatar_1x1_alt", "avatar_1x1_alt2", "avatar_1x1_alt3")
ARTWORKS: Final = (*SUITE, *ALTERNATES)
"""What a model draws in the avatar's spirit: a suite of four, and three more when asked for."""

FROM_OUTSIDE: Final = frozenset({AVATAR, *ARTWORKS})
"""Kinds nobody captured: they stand beside the card's pictures and decide nothing about them."""


class CaptureRequested(Event):
    """The picture `variant` of the card view at `view_key` is wanted."""

    subject: ClassVar[str] = "capture.requested"
    type: ClassVar[str] = "techub.capture.requested.v1"

    variant: str
    view_key: str
    avatar_key: str | None = None

    def key(self) -> str:
        """Return the variant."""
        return self.variant


class AssetCaptured(Event):
    """A picture, avatar or artwork lies in the private part of the store, not yet optimised.

    `provider` is whose model drew an artwork.
    """

    subject: ClassVar[str] = "asset.captured"
    type: ClassVar[str] = "techub.asset.captured.v1"

    kind: str
    object_key: str
    sha256: str
    bytes: int
    width: int
    height: int
    mime: str
    duration_ms: int = 0
    provider: str | None = None

    def key(self) -> str:
        """Return the kind."""
        return self.kind


class Rendition(Part):
    """One public file of a picture."""

    format: str
    object_key: str
    bytes: int
    sha256: str
    width: int
    height: int
    mime: str


class AssetRecorded(Event):
    """The public renditions of a picture are in the store."""

    subject: ClassVar[str] = "asset.recorded"
    type: ClassVar[str] = "techub.asset.recorded.v1"

    kind: str
    provider: str
    renditions: tuple[Rendition, ...]
    bytes_before: int
    engine: str
    duration_ms: int = 0
    degradations: tuple[Degradation, ...] = ()

    def key(self) -> str:
        """Return the kind."""
        return self.kind


class AssetFailed(Event):
    """A picture could not be made; `stage` says whether capturing or optimising gave up."""

    subject: ClassVar[str] = "asset.failed"
    type: ClassVar[str] = "techub.asset.failed.v1"

    kind: str
    stage: Literal["capture", "optimize"]
    code: str
    message: str
    attempts: int

    def key(self) -> str:
        """Return kind and stage."""
        return f"{self.kind}/{self.stage}"
