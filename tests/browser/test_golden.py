"""Each canvas still looks as it did when somebody looked at it and was content.

The golden pictures are small and compared with the tolerance of an eye, so that another version of
Chromium may set its edges otherwise. When a change is wanted, look at `make cards` and then run
`UPDATE_GOLDEN=1 python -m pytest tests/browser/test_golden.py`.
"""

import base64
import io
import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat
from playwright.async_api import CDPSession, Page

from techub_cards.samples import sample
from techub_cards.variants import VARIANTS, Variant

from .measuring import measured

GOLDEN = Path(__file__).with_name("golden")
WIDTH = 480
EVERYWHERE = 2.5
SOMEWHERE = 26


def portrait() -> str:
    """Return a portrait drawn here, so that the picture needs no other file."""
    face = Image.new("RGB", (256, 256), "#2f6f8f")
    pen = ImageDraw.Draw(face)
    pen.ellipse((48, 130, 208, 330), fill="#f2c14e")
    pen.ellipse((78, 48, 178, 168), fill="#8d5a3b")
    content = io.BytesIO()
    face.save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def seen(png: bytes) -> Image.Image:
    """Return the picture as small as a passer-by sees it."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    height = round(picture.height * WIDTH / picture.width)
    return picture.resize((WIDTH, height), Image.Resampling.LANCZOS)


def difference(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    """Return how far two pictures are apart in the mean and at their worst place, of 255."""
    blurred = [picture.filter(ImageFilter.GaussianBlur(3)) for picture in (one, other)]
    apart = ImageChops.difference(*blurred)
    return max(ImageStat.Stat(apart).mean), max(high for _, high in apart.getextrema())  # type: ignore[misc]


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=list(VARIANTS))
async def test_looks_as_before(page: Page, session: CDPSession, variant: Variant) -> None:
    """The canvas of a person with everything, in committed faces only, differs to no eye."""
    theme = "light" if list(VARIANTS).index(variant.name) % 3 == 2 else "dark"
    await measured(page, variant, sample(avatar=portrait(), theme=theme))
    shot = await session.send("Page.captureScreenshot", {"optimizeForSpeed": True})
    now, kept = seen(base64.b64decode(shot["data"])), GOLDEN / f"{variant.name}.webp"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        now.save(kept, quality=82)

    everywhere, somewhere = difference(now, Image.open(kept).convert("RGB"))

    assert everywhere <= EVERYWHERE
    assert somewhere <= SOMEWHERE


async def test_a_moved_line_is_noticed(page: Page, session: CDPSession) -> None:
    """Another title is more than the tolerance lets pass."""
    variant = VARIANTS["og"]
    await measured(page, variant, sample(avatar=portrait(), title="Another Title Altogether"))
    shot = await session.send("Page.captureScreenshot", {"optimizeForSpeed": True})

    kept = Image.open(GOLDEN / "og.webp").convert("RGB")
    _, somewhere = difference(seen(base64.b64decode(shot["data"])), kept)

    assert somewhere > SOMEWHERE
