"""Draws the README's three cards from what `make demo` left: `readme_cards.py OBJECTS [FOLDER]`.

The demo's own pictures name its loopback address; these are the same pages of its newest card view,
with its newest avatar, under the address people know.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from techub_cards.card import Card
from techub_cards.variants import variant_named
from techub_devstack.servers import chromium
from techub_optimizer.images import open_libvips
from techub_screenshotter.browser import open_browser
from techub_screenshotter.captures import inlined, page

HOST: Final = "techub.life"
CARDS: Final = ("tcg", "og", "x_header_1500x500")


async def draw(objects: Path, folder: Path) -> None:
    """Write the pictures; raise ValueError when the demo made no card."""
    view = Card.model_validate_json(_newest(objects, "runs/*/view-*.json").read_bytes())
    profile = f"https://{HOST}/profiles/{view.login}"
    public = view.model_copy(update={"host": HOST, "profile_url": profile}).model_dump_json()
    avatar = _newest(objects, "avatars/*")
    with open_libvips() as vips:
        async with open_browser(chromium.find(), 1) as browser:
            for name in CARDS:
                variant = variant_named(name)
                html = page(variant, public.encode(), inlined(avatar.name, avatar.read_bytes()))
                picture = await browser.draw(html, variant)
                files = await vips.encode(picture.png, ("webp",))
                file = folder / f"{view.login}-{name.partition('_1')[0].replace('_', '-')}.webp"
                file.write_bytes(files["webp"])


def _newest(objects: Path, pattern: str) -> Path:
    return max(objects.glob(pattern), key=lambda file: file.stat().st_mtime)


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1]), Path((sys.argv[2:] or ["docs/images"])[0])))
