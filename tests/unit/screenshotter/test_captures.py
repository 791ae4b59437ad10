"""What a picture is made of, and where it lies."""

import json
from datetime import date
from uuid import UUID

import pytest

from techub_cards.variants import variant_named
from techub_common.errors import Permanent
from techub_screenshotter.captures import canvas, capture_key, digest, inlined, page

RUN = UUID("6f1d6d6e-3a53-4b46-9a43-0d3f2c9f4c11")


def test_capture_key() -> None:
    """The key of a capture follows from the run, the variant and the content alone."""
    sha256 = digest(b"pixels")

    assert (
        capture_key(RUN, "og", sha256)
        == "runs/6f1d6d6e-3a53-4b46-9a43-0d3f2c9f4c11/captures/og-6ec9c2b0eb14.png"
    )


def test_known_canvas() -> None:
    """A variant that cards are drawn in is a canvas."""
    assert canvas("og") == variant_named("og")


def test_unknown_canvas() -> None:
    """A variant nobody draws is a permanent failure with its own code."""
    with pytest.raises(Permanent, match="unknown variant 'mural'") as caught:
        canvas("mural")

    assert caught.value.code == "unknown_variant"


@pytest.mark.parametrize(("key", "start"), [("a/b.png", "image/png"), ("a/b.jpg", "image/jpeg")])
def test_avatar_is_inlined(key: str, start: str) -> None:
    """An avatar travels inside the page."""
    assert inlined(key, b"abc") == f"data:{start};base64,YWJj"


def test_strange_avatar() -> None:
    """An avatar that is neither PNG nor JPEG fails the rendering."""
    with pytest.raises(Permanent) as caught:
        inlined("avatars/x.svg", b"<svg/>")

    assert caught.value.code == "render_failed"


@pytest.mark.parametrize("view", [b"{", b"[]", json.dumps({"login": "x"}).encode()])
def test_bad_view(view: bytes) -> None:
    """A card view that is not one fails the rendering and is not tried again."""
    with pytest.raises(Permanent) as caught:
        page(variant_named("og"), view, None)

    assert caught.value.code == "render_failed"


def test_page_shows_the_card(view: dict[str, object]) -> None:
    """The page carries the card's words and the avatar it was given."""
    avatar = inlined("avatars/x.png", b"abc")

    html = page(variant_named("og"), json.dumps(view, default=date.isoformat).encode(), avatar)

    assert str(view["name"]) in html
    assert avatar in html
