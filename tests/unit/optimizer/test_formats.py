"""Which files are made of a picture, and what they are called."""

import pytest

from techub_cards.variants import VARIANTS
from techub_common.storage import is_public
from techub_optimizer.formats import avatar_key, formats_of, meta_key, picture_key

SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize("kind", ["og", "og_pro", "og_1200x630"])
def test_link_previews_have_a_jpeg(kind: str) -> None:
    """Link previews are also made as JPEG."""
    assert formats_of(kind) == ("png", "webp", "jpeg")


@pytest.mark.parametrize("kind", ["card", "simple", "something_new"])
def test_others_have_not(kind: str) -> None:
    """Every other picture is made as PNG and WebP, also one nobody here has heard of."""
    assert formats_of(kind) == ("png", "webp")


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda variant: variant.name)
def test_formats_agree_with_the_cards(variant: object) -> None:
    """The formats that the cards promise are the ones that are made."""
    assert formats_of(variant.name) == variant.formats  # type: ignore[attr-defined]


def test_files_are_named_by_their_content() -> None:
    """A file lies in a folder of the login in lower case and is named by what it holds."""
    keys = [picture_key("Ada", "og", SHA256, form) for form in formats_of("og")]

    assert keys == [
        "generated/ada/og-0123456789ab.png",
        "generated/ada/og-0123456789ab.webp",
        "generated/ada/og-0123456789ab.jpg",
    ]
    assert meta_key("Ada", "og", SHA256) == "generated/ada/meta/og-0123456789ab.json"


def test_avatar_key() -> None:
    """An avatar is named by its whole content."""
    assert avatar_key(SHA256, "jpeg") == f"avatars/{SHA256}.jpg"


def test_everything_is_public() -> None:
    """What the optimizer writes lies below the public prefixes."""
    assert is_public(picture_key("ada", "og", SHA256, "png"))
    assert is_public(avatar_key(SHA256, "png"))
