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

    @property
    def sober(self) -> bool:
        """Tell whether the canvas is for a résumé: who somebody is, without the game."""
        return self.template == "pro"


VARIANTS: Final[Mapping[str, Variant]] = MappingProxyType(
    {
        variant.name: variant
        for variant in (
            Variant("og", 1200, 630, "og", "Link preview", ("png", "webp", "jpeg")),
            Variant("og_pro", 1200, 630, "pro", "Link preview, plain", ("png", "webp", "jpeg")),
            Variant("card", 1280, 720, "card", "Full card"),
            Variant("card_pro", 1280, 720, "pro", "Full card, plain"),
            Variant("simple", 1280, 720, "simple", "Simple"),
            Variant("banner", 1500, 500, "banner", "Banner"),
            Variant("x_profile_400", 400, 400, "avatar", "X picture"),
            Variant("x_header_1500x500", 1500, 500, "cover", "X header"),
            Variant("x_feed_1600x900", 1600, 900, "feed", "X post"),
            Variant("fb_post_1080", 1080, 1080, "square", "Facebook post"),
            Variant("ig_portrait_1080x1350", 1080, 1350, "poster", "Instagram portrait"),
            Variant("ig_landscape_1080x566", 1080, 566, "og", "Instagram landscape"),
            Variant("fb_cover_851x315", 851, 315, "cover", "Facebook cover"),
            Variant("linkedin_cover_1584x396", 1584, 396, "cover", "LinkedIn cover"),
            Variant("youtube_cover_2560x1440", 2560, 1440, "channel", "YouTube cover"),
            Variant("tcg", 1500, 2100, "tcg", "Trading card"),
            Variant("tcg_back", 1500, 2100, "back", "Trading card, back"),
        )
    }
)
"""Every variant by name, in the order in which they are captured."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "og_1200x630": "og",
        "ig_square_1080": "fb_post_1080",
        "linkedin_profile_400": "x_profile_400",
    }
)
"""Other names for the same picture: nothing is drawn or kept under them."""


def variant_named(name: str) -> Variant:
    """Return the variant of that name or alias, or say which ones there are."""
    try:
        return VARIANTS[ALIASES.get(name, name)]
    except KeyError:
        raise UnknownVariant(name) from None
