"""Which files are made of a picture, and what they are called."""

import pytest

from techub_cards.variants import VARIANTS
from techub_common.storage import is_public
from techub_optimizer.formats import (
    USUAL,
    WEBPS,
    avatar_key,
    formats_of,
    meta_key,
    picture_key,
    size_of,
    webp_of,
)

SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize("kind", ["og", "og_pro", "og_1200x630"])
def test_link_previews_have_a_jpeg(kind: str) -> None:
    """Link previews are also made as JPEG."""
    assert formats_of(kind) == ("png", "webp", "jpeg", "thumbnail")


@pytest.mark.parametrize("kind", ["card", "simple", "something_new"])
def test_others_have_not(kind: str) -> None:
    """Every other picture is made as PNG and WebP, also one nobody here has heard of."""
    assert formats_of(kind) == ("png", "webp", "thumbnail")


def test_avif_where_it_is_switched_on() -> None:
    """AVIF is one more file, when somebody wants it."""
    assert set(formats_of("og", avif=True)) - set(formats_of("og")) == {"avif"}


@pytest.mark.parametrize(
    ("size", "small"),
    [((1280, 720), (480, 270)), ((1200, 630), (480, 252)), ((400, 300), (400, 300))],
)
def test_thumbnails_are_480_wide(size: tuple[int, int], small: tuple[int, int]) -> None:
    """A thumbnail keeps the picture's shape and is never larger than the picture."""
    assert size_of("thumbnail", *size) == small
    assert size_of("webp", *size) == size


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda variant: variant.name)
def test_formats_agree_with_the_cards(variant: object) -> None:
    """The formats that the cards promise are made, and a thumbnail for lists."""
    assert formats_of(variant.name) == (*variant.formats, "thumbnail")  # type: ignore[attr-defined]


def test_files_are_named_by_their_content() -> None:
    """A file lies in a folder of the login in lower case and is named by what it holds."""
    keys = [picture_key("Ada", "og", SHA256, form) for form in formats_of("og")]

    assert keys == [
        "generated/ada/og-0123456789ab.png",
        "generated/ada/og-0123456789ab.webp",
        "generated/ada/og-0123456789ab.jpg",
        "generated/ada/og-0123456789ab.webp",
    ]
    assert meta_key("Ada", "og", SHA256) == "generated/ada/meta/og-0123456789ab.json"


def test_avatar_key() -> None:
    """An avatar is named by its whole content."""
    assert avatar_key(SHA256, "jpeg") == f"avatars/{SHA256}.jpg"


def test_everything_is_public() -> None:
    """What the optimizer writes lies below the public prefixes."""
    assert is_public(picture_key("ada", "og", SHA256, "png"))
    assert is_public(avatar_key(SHA256, "png"))


@pytest.mark.parametrize("kind", WEBPS)
def test_other_webps(kind: str) -> None:
    """A WebP made otherwise is of a variant there is, and smaller for it."""
    how = webp_of(kind)

    assert kind in VARIANTS
    assert how.quality < USUAL.quality or how.effort > USUAL.effort


def test_usual_webps() -> None:
    """All others are made in one way."""
    assert {webp_of(kind) for kind in VARIANTS if kind not in WEBPS} == {USUAL}
