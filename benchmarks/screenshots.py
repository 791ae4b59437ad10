"""All canvases at the best concurrency beside the bare loop, and a browser's memory over many.

`python benchmarks/screenshots.py [--rounds 3] [--pictures 5000]` prints two Markdown tables. The
long run is for the night: the default draws too few pictures to say anything about drift.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from functools import partial
from itertools import cycle, islice

import structlog
from pictures import bare_loop, person

from techub_cards.render import render
from techub_cards.variants import VARIANTS, Variant
from techub_devstack.servers import chromium
from techub_screenshotter.browser import open_browser
from techub_screenshotter.browser.memory import memory_of
from techub_screenshotter.studio import Studio

CONCURRENCIES = (1, 2, 4)
SETTLED = 500
MEBIBYTE = 1 << 20


async def rate(take: Callable[[Variant], Awaitable[object]], rounds: int, at_once: int) -> float:
    """Return pictures per second over every canvas, so many at a time."""
    wanted = iter(list(VARIANTS.values()) * rounds)

    async def work() -> None:
        for variant in wanted:
            await take(variant)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return rounds * len(VARIANTS) / (time.perf_counter() - started)


async def throughput(rounds: int) -> None:
    """Measure and show pictures per second."""
    card = person()
    pages = {name: render(variant, card) for name, variant in VARIANTS.items()}
    print(f"\nAll {len(VARIANTS)} canvases, pictures a second\n\n| | | ratio |\n|---|---:|---:|")
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(bare_loop(pages))
        await rate(bare, 1, 1)
        reference = await rate(bare, rounds, 1)
        print(f"| bare Playwright, one reused page | {reference:.1f} | 1.00 |")
        for tabs in CONCURRENCIES:
            studio = Studio(partial(open_browser, chromium.find(), tabs), seconds=60)
            async with aclosing(studio):

                async def take(variant: Variant, studio: Studio = studio) -> None:
                    html = await asyncio.to_thread(render, variant, card)
                    await studio.draw(html, variant)

                await rate(take, 1, tabs)
                per_second = await rate(take, rounds, tabs)
            print(f"| studio, {tabs} at once | {per_second:.1f} | {per_second / reference:.2f} |")


async def drift(pictures: int) -> None:
    """Draw many pictures on one browser that is never replaced; show what it holds."""
    card, held = person(), {}
    async with open_browser(chromium.find(), 2) as browser:
        for number, variant in enumerate(islice(cycle(VARIANTS.values()), pictures), start=1):
            await browser.draw(render(variant, card), variant)
            if number in {min(SETTLED, pictures // 2), pictures}:
                held[number] = (memory_of(browser.pid) or 0) / MEBIBYTE
    (first, early), (last, late) = held.items()
    print("\nMemory of one browser, MiB\n\n| pictures | held | ratio |\n|---|---:|---:|")
    print(f"| {first} | {early:.0f} | 1.00 |\n| {last} | {late:.0f} | {late / early:.2f} |")


async def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=200)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    await throughput(options.rounds)
    await drift(options.pictures)


if __name__ == "__main__":
    asyncio.run(main())
