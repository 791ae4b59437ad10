"""Draws every variant of invented people and torture names: `contact_sheet.py FOLDER`."""

import asyncio
import html
import sys
from pathlib import Path

from techub_cards.card import Card
from techub_cards.catalogue import ARCHETYPES, SPIRIT_ANIMALS
from techub_cards.render import render
from techub_cards.samples import sample
from techub_cards.torture import DOZEN
from techub_cards.variants import VARIANTS
from techub_devstack.servers import chromium
from techub_screenshotter.browser import open_browser

TABS = 2
PAGE = """<!doctype html><meta charset="utf-8"><title>TecHub: contact sheet</title>
<style>body{{background:#222;color:#eee;font:14px sans-serif;margin:2rem}}
figure{{display:inline-block;margin:0 1rem 1.5rem 0;vertical-align:top}}
img{{max-width:480px;max-height:480px;display:block}}</style>
{figures}"""


def people() -> dict[str, Card]:
    """Return everybody on the sheet: each archetype, by turns dark and light, and a dozen names."""
    animals = list(SPIRIT_ANIMALS)
    cards = {
        archetype: sample(
            archetype=archetype,
            spirit_animal=animals[number * 5 % len(animals)],
            attack=60 + number * 39 // 11,
            speed=60 + number * 39 // 11,
            theme=("dark", "light")[number % 2],
            login=f"sample-{number}",
        )
        for number, archetype in enumerate(ARCHETYPES)
    }
    return cards | {f"torture: {name}": sample(name=name, title=name) for name in DOZEN}


async def draw(folder: Path) -> int:
    """Write the pictures and the page; return how many pictures there are."""
    figures = []
    async with open_browser(chromium.find(), TABS) as browser:
        for variant in VARIANTS.values():
            for number, (title, card) in enumerate(people().items()):
                picture = await browser.draw(render(variant, card), variant)
                name = f"{variant.name}-{number:02}.png"
                (folder / name).write_bytes(picture.png)
                caption = html.escape(f"{variant.name}: {title}")
                figures.append(f'<figure><img loading="lazy" src="{name}">{caption}</figure>')
    (folder / "index.html").write_text(PAGE.format(figures="\n".join(figures)), "utf-8")
    return len(figures)


def main() -> None:
    """Draw and say where."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "var/cards")
    folder.mkdir(parents=True, exist_ok=True)
    count = asyncio.run(draw(folder))
    print(f"{count} pictures: {folder / 'index.html'}")


if __name__ == "__main__":
    main()
