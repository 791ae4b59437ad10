"""Draws the cards that stand in for one that is not there: `techub_api/embeds/standins/`.

One picture per reason, at the size of a link preview, as JPEG and as WebP. Run it after changing
the words or the look: `python tools/placeholder_cards.py`.
"""

import asyncio
import base64
import io
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import async_playwright

from techub_cards.fonts import font_css
from techub_devstack.servers import chromium

ROOT: Final = Path(__file__).parent.parent
API: Final = ROOT / "services/api/src/techub_api"
OUT: Final = API / "embeds/standins"
SIZE: Final = (1200, 630)
WORDS: Final = {
    "nobody": (
        "This card lies face down",
        "Nobody has dealt it yet. Somebody only has to turn it.",
    ),
    "dealing": ("This card is being dealt", "A few seconds more, then it turns over by itself."),
    "refused": ("No card this time", "The deck needs a little more public activity to tell of."),
}
CARD: Final = "<div class='card'></div>"
STYLE: Final = (Path(__file__).parent / "placeholder_cards.css").read_text("utf-8")


def page_of(kind: str, back: str) -> str:
    """Return the page that draws one of the cards; nothing in it is fetched."""
    headline, line = WORDS[kind]
    style = STYLE + f'.card {{ background-image: url("{back}") }}'
    return (
        f"<!doctype html><meta charset='utf-8'><style>{font_css('')}{style}</style>"
        f"<body class='{kind}'><div class='hand'>{CARD}{CARD}</div>"
        f"<div class='words'><h1>{headline}</h1><p>{line}</p>"
        "<div class='brand'><span class='pip'></span>TecHub</div></div>"
    )


async def main() -> None:
    """Write every picture."""
    OUT.mkdir(exist_ok=True)
    drawn = (API / "pages/static/back.svg").read_bytes()
    back = f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"
    width, height = SIZE
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.find(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": width, "height": height})
        for kind in WORDS:
            await page.set_content(page_of(kind, back))
            await page.evaluate("document.fonts.ready")
            taken = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
            taken.save(OUT / f"{kind}.jpg", quality=84, optimize=True, progressive=True)
            taken.save(OUT / f"{kind}.webp", quality=82, method=6)
            print(kind, [(OUT / f"{kind}.{form}").stat().st_size for form in ("jpg", "webp")])
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
