"""The table of canvases is complete and answers by name."""

import pytest

from techub_cards.variants import ALIASES, VARIANTS, UnknownVariant, variant_named

FIFTEEN = [
    "og",
    "og_pro",
    "card",
    "card_pro",
    "simple",
    "banner",
    "x_profile_400",
    "x_header_1500x500",
    "x_feed_1600x900",
    "fb_post_1080",
    "ig_portrait_1080x1350",
    "ig_landscape_1080x566",
    "fb_cover_851x315",
    "linkedin_cover_1584x396",
    "youtube_cover_2560x1440",
]


def test_all_canvases() -> None:
    """The fifteen canvases come first, in the order of capture, the trading card itself last."""
    assert list(VARIANTS) == [*FIFTEEN, "tcg", "tcg_back"]


@pytest.mark.parametrize("name", [name for name in VARIANTS if "x" in name.rpartition("_")[2]])
def test_sizes_are_in_the_names(name: str) -> None:
    """A canvas whose name tells a size has that size."""
    variant = VARIANTS[name]

    assert name.endswith(f"_{variant.width}x{variant.height}")


def test_trading_card_is_five_by_seven() -> None:
    """Front and back of the trading card are of one size, five by seven."""
    front, back = VARIANTS["tcg"], VARIANTS["tcg_back"]

    assert (front.width, front.height) == (back.width, back.height) == (1500, 2100)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("og_1200x630", "og"),
        ("ig_square_1080", "fb_post_1080"),
        ("linkedin_profile_400", "x_profile_400"),
    ],
)
def test_aliases(alias: str, name: str) -> None:
    """An alias is another name for the same picture, never a picture of its own."""
    assert variant_named(alias) is VARIANTS[name]
    assert alias not in VARIANTS
    assert set(ALIASES) & set(VARIANTS) == set()


@pytest.mark.parametrize("name", VARIANTS)
def test_found_by_name(name: str) -> None:
    """Every variant is found under its own name and kept as a PNG at least."""
    variant = variant_named(name)

    assert variant.name == name
    assert "png" in variant.formats


def test_unknown() -> None:
    """Asking for a canvas nobody draws says which ones there are."""
    with pytest.raises(UnknownVariant, match="'mug', known are og, og_pro, card"):
        variant_named("mug")
