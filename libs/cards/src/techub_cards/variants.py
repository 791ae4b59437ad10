"""The canvases a card is drawn on. A new canvas is one row here and one template."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Format = Literal["png", "webp", "jpeg"]


class UnknownVariant(LookupError):
    """Nobody draws a variant of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown variant {name!r}, known are {', '.join(VARIANTS)}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Variant:
    """One canvas: its size in pixels, the template that fills it, and what it is kept as."""

    name: str
    width: int
    height: int
    template: str
    label: str
    formats: tuple[Format, ...] = ("png", "webp")

    @property
    def unit(self) -> float:
        """Pixels in one hundredth of the shorter side, the unit every style is written in."""
        return min(self.width, self.height) / 100


VARIANTS: Final[Mapping[str, Variant]] = MappingProxyType(
    {
        variant.name: variant
        for variant in (
            Variant("og", 1200, 630, "og", "Link preview", ("png", "webp", "jpeg")),
            Variant("card", 1280, 720, "card", "Full card"),
            Variant("simple", 1280, 720, "simple", "Simple"),
        )
    }
)
"""Every variant by name, in the order in which they are captured."""


def variant_named(name: str) -> Variant:
    """Return the variant, or say which ones there are."""
    try:
        return VARIANTS[name]
    except KeyError:
        raise UnknownVariant(name) from None
