"""What comes out of the browser."""

import asyncio
import io
from base64 import b64encode

import pytest
from PIL import Image

from techub_cards.card import Card
from techub_cards.render import render
from techub_cards.variants import VARIANTS, Variant, variant_named
from techub_common.errors import Permanent
from techub_screenshotter.studio import Studio

from .conftest import page_with

OG = variant_named("og")


def opened(png: bytes) -> Image.Image:
    """Return the decoded picture."""
    image = Image.open(io.BytesIO(png))
    image.load()
    return image


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda variant: variant.name)
async def test_every_variant(studio: Studio, card: Card, variant: Variant) -> None:
    """A card is drawn at exactly the size of its canvas, without asking for anything."""
    picture = await studio.draw(render(variant, card), variant)

    image = opened(picture.png)
    assert image.size == (variant.width, variant.height)
    assert len(image.getcolors(1 << 24) or ()) > 50
    assert picture.refused == 0


async def test_same_input_same_pixels(studio: Studio, card: Card) -> None:
    """The same card gives the same bytes, on whichever tab and at the same time."""
    html = render(OG, card)

    pictures = await asyncio.gather(*(studio.draw(html, OG) for _ in range(4)))

    assert len({picture.png for picture in pictures}) == 1


async def test_inlined_picture_is_drawn(studio: Studio) -> None:
    """A picture that travels in the page is decoded before the page is photographed."""
    red = io.BytesIO()
    Image.new("RGB", (400, 400), (255, 0, 0)).save(red, "PNG")
    source = f"data:image/png;base64,{b64encode(red.getvalue()).decode()}"

    picture = await studio.draw(page_with(f'<img src="{source}">'), OG)

    assert opened(picture.png).convert("RGB").getpixel((200, 200)) == (255, 0, 0)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p>no canvas",
        page_with("somebody else", variant="card"),
        '<html data-variant="og"><frameset></frameset>',
    ],
)
async def test_page_that_is_not_ready(studio: Studio, html: str) -> None:
    """A page that does not say it is the wanted variant is not a picture, and no retry helps."""
    with pytest.raises(Permanent) as caught:
        await studio.draw(html, OG)

    assert caught.value.code == "render_failed"
    assert (await studio.draw(page_with("next"), OG)).width == OG.width


async def test_blank(studio: Studio) -> None:
    """A page that is ready but shows nothing is no picture."""
    with pytest.raises(Permanent, match="shows nothing"):
        await studio.draw(page_with("<p> </p>"), OG)


@pytest.mark.parametrize(
    "broken",
    [
        b"not a picture",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg'",
    ],
)
async def test_broken_avatar(studio: Studio, card: Card, broken: bytes) -> None:
    """An avatar that nobody can decode gives way to the person's initials."""
    source = f"data:image/png;base64,{b64encode(broken).decode()}"
    without = await studio.draw(render(OG, card), OG)

    picture = await studio.draw(render(OG, card.model_copy(update={"avatar": source})), OG)

    assert picture.png == without.png
