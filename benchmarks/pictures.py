"""Capturing and optimising as the services do it, beside the same work done bare, in one run.

`python benchmarks/pictures.py [--rounds 15]` prints two Markdown tables of medians and ratios.
Service and reference take turns, picture by picture, so that a busy machine slows both alike.
"""

import argparse
import asyncio
import base64
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path
from uuid import uuid4

import pyvips
import structlog
from playwright.async_api import Browser, async_playwright
from prometheus_client import CollectorRegistry, Counter

from techub_cards.card import Card
from techub_cards.catalogue import ARCHETYPES, SPIRIT_ANIMALS
from techub_cards.fit import SCRIPT
from techub_cards.render import render
from techub_cards.variants import VARIANTS, Variant
from techub_common.broker import Teller
from techub_common.events import AssetCaptured, CaptureRequested, Event
from techub_common.storage import FolderStore
from techub_devstack.servers import chromium
from techub_optimizer.door import Door
from techub_optimizer.formats import formats_of
from techub_optimizer.handlers import optimize_asset
from techub_optimizer.images import open_libvips
from techub_optimizer.resources import Resources as OptimizerResources
from techub_screenshotter.browser import open_browser
from techub_screenshotter.handlers import capture_picture
from techub_screenshotter.resources import Resources as ScreenshotterResources
from techub_screenshotter.studio import Studio

WARM_UPS = 2
ORIGINAL_ROUNDS = 2
ORIGINAL_WAIT_MS = 500

WORKER = """
import asyncio, resource, sys
from pathlib import Path
from techub_optimizer.images import open_libvips

async def main():
    captures = [Path(name).read_bytes() for name in sys.argv[1:]]
    with open_libvips() as vips:
        for one, other in zip(captures * 3, captures[1:] * 3):
            formats = ("png", "webp", "jpeg", "thumbnail")
            await asyncio.gather(vips.encode(one, formats), vips.encode(other, formats))

asyncio.run(main())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000)
"""

Timings = dict[str, dict[str, list[float]]]
Task = Callable[[Variant], Awaitable[None]]


class Notebook(Teller):
    """Writes down what is told instead of publishing it."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    async def __call__(self, event: Event) -> None:  # type: ignore[override]
        """Remember the event."""
        self.told.append(event)


def person() -> Card:
    """Return a card with something in every field."""
    picture = pyvips.Image.gaussnoise(460, 460, mean=128, sigma=40).cast("uchar")
    avatar = base64.b64encode(picture.gaussblur(6).jpegsave_buffer(Q=88)).decode()
    return Card(
        login="odessa-brightforge",
        name="Odessa Brightforge",
        avatar=f"data:image/jpeg;base64,{avatar}",
        title="Keeper of the Green Build",
        tagline="Ships on Fridays and sleeps on Saturdays",
        flavor_text="She once fixed a flaky test by looking at it.",
        archetype=ARCHETYPES[5],
        spirit_animal=SPIRIT_ANIMALS[9],
        attack=84,
        defense=91,
        speed=77,
        special_move="Rebase Storm",
        special_move_description="Turns forty commits into three that read like a story",
        buff="Tea at Four",
        buff_description="Patience doubles for one code review",
        weakness="Time Zones",
        weakness_description="Loses an hour twice a year and never finds it again",
        vibe="Calm",
        vibe_description="A lighthouse with a mechanical keyboard",
        playing_card="Queen of ♠",
        tags=("python", "compilers", "observability", "queues", "typography", "mentoring"),
        languages=("Python", "Rust", "TypeScript"),
        stars=48_210,
        followers=12_904,
        repositories=143,
        number=42,
        edition="First Edition",
        host="techub.example",
        profile_url="https://techub.example/profiles/odessa-brightforge",
        as_of=date(2026, 11, 23),
    )


@asynccontextmanager
async def capture_service(folder: Path, notes: Notebook) -> AsyncIterator[Task]:
    """Yield what captures as the screenshotter does: read, render, draw, hash, store, tell."""
    card, run_id = person(), uuid4()
    store = FolderStore(folder)
    await store.put("view.json", card.model_dump_json(exclude={"avatar"}).encode(), "")
    avatar = base64.b64decode(str(card.avatar).partition(",")[2])
    await store.put("avatars/odessa.jpg", avatar, "image/jpeg")
    studio = Studio(partial(open_browser, chromium.find(), 2), seconds=60)
    await studio.open()
    refused = Counter("refused", "refused", registry=CollectorRegistry())
    resources = ScreenshotterResources(store, studio, notes, refused)

    async def capture(variant: Variant) -> None:
        request = CaptureRequested(
            run_id=run_id,
            login=card.login,
            variant=variant.name,
            view_key="view.json",
            avatar_key="avatars/odessa.jpg",
        )
        await capture_picture(request, resources)

    yield capture
    await studio.aclose()


@asynccontextmanager
async def bare_loop(pages: dict[str, str]) -> AsyncIterator[Task]:
    """Yield what captures as a script would: one page, the fast encoder, nothing else."""
    async with async_playwright() as playwright:
        browser = await launched(playwright.chromium.launch)
        page = await browser.new_page()
        session = await page.context.new_cdp_session(page)

        async def capture(variant: Variant) -> None:
            await page.set_viewport_size({"width": variant.width, "height": variant.height})
            await page.set_content(pages[variant.name])
            await page.evaluate(SCRIPT)
            options = {"format": "png", "optimizeForSpeed": True}
            base64.b64decode((await session.send("Page.captureScreenshot", options))["data"])

        yield capture
        await browser.close()


async def as_the_original(html: str, variant: Variant) -> None:
    """Capture with a new browser that waits for a silent network and half a second more."""
    async with async_playwright() as playwright:
        browser = await launched(playwright.chromium.launch)
        page = await browser.new_page(viewport={"width": variant.width, "height": variant.height})
        await page.set_content(html, wait_until="networkidle")
        await page.wait_for_timeout(ORIGINAL_WAIT_MS)
        await page.evaluate(SCRIPT)
        await page.screenshot(type="jpeg", quality=85)
        await browser.close()


async def launched(launch: Callable[..., Awaitable[Browser]]) -> Browser:
    """Return a browser with Playwright's own settings."""
    return await launch(executable_path=chromium.find(), chromium_sandbox=False)


def bare_vips(capture: bytes, variant: Variant, folder: Path) -> None:
    """Make and write the same files with nothing but pyvips, one after another."""
    image = pyvips.Image.pngload_buffer(capture).copy_memory()
    webp = {"Q": 76, "effort": 4, "preset": "drawing", "keep": "none"}
    options = {
        "png": {"palette": True, "Q": 90, "effort": 4, "dither": 0.7, "compression": 9},
        "webp": webp,
        "jpeg": {"Q": 85, "quant_table": 3, "optimize_coding": True, "interlace": True},
    }
    for form in formats_of(variant.name):
        if form == "thumbnail":
            content = image.thumbnail_image(480).webpsave_buffer(**webp)
        else:
            content = getattr(image, f"{form}save_buffer")(**({"keep": "none"} | options[form]))
        (folder / f"{variant.name}.{form}").write_bytes(content)


async def measure(rounds: int, tasks: dict[str, Task]) -> Timings:
    """Return milliseconds per task and variant; the tasks take turns in going first."""
    timings: Timings = defaultdict(lambda: defaultdict(list))
    for turn in range(WARM_UPS + rounds):
        names = list(tasks) if turn % 2 else list(tasks)[::-1]
        for variant in VARIANTS.values():
            for name in names:
                started = time.perf_counter()
                await tasks[name](variant)
                if turn >= WARM_UPS:
                    took = (time.perf_counter() - started) * 1000
                    timings[name][variant.name].append(took)
    return timings


def show(title: str, timings: Timings, reference: str) -> None:
    """Print medians per variant, their sum, and the ratio of each sum to the reference's."""
    names = list(VARIANTS)
    print(f"\n{title}, ms a picture (median)\n")
    print(f"| | {' | '.join(names)} | all | ratio |")
    print(f"|---|{'---:|' * (len(names) + 2)}")
    total = sum(medians(timings[reference], names))
    for task in sorted(timings, key=lambda task: task != reference):
        values = medians(timings[task], names)
        cells = " | ".join(f"{value:.0f}" for value in (*values, sum(values)))
        print(f"| {task} | {cells} | {sum(values) / total:.2f} |")


def medians(by_variant: dict[str, list[float]], names: Iterable[str]) -> Sequence[float]:
    """Return the median of every variant."""
    return [statistics.median(by_variant[name]) for name in names]


async def captures(rounds: int, folder: Path, notes: Notebook) -> None:
    """Measure and show capturing."""
    pages = {name: render(variant, person()) for name, variant in VARIANTS.items()}
    async with AsyncExitStack() as stack:
        tasks = {
            "bare Playwright, one reused page": await stack.enter_async_context(bare_loop(pages)),
            "screenshotter": await stack.enter_async_context(capture_service(folder, notes)),
        }
        timings = await measure(rounds, tasks)

    async def original(variant: Variant) -> None:
        await as_the_original(pages[variant.name], variant)

    timings |= await measure(ORIGINAL_ROUNDS, {"new browser, network idle, 500 ms": original})
    show("Capture", timings, "bare Playwright, one reused page")


async def optimising(rounds: int, folder: Path, notes: Notebook) -> None:
    """Measure and show optimising the captures that the first measurement left behind."""
    taken = {event.kind: event for event in notes.told if isinstance(event, AssetCaptured)}
    store = FolderStore(folder)
    with open_libvips() as vips:
        resources = OptimizerResources(store, Door(), (vips,), notes)

        async def service(variant: Variant) -> None:
            await optimize_asset(taken[variant.name], resources)

        async def bare(variant: Variant) -> None:
            bare_vips(await store.get(taken[variant.name].object_key), variant, folder)

        timings = await measure(rounds, {"bare pyvips, one thread": bare, "optimizer": service})
    show("Optimise", timings, "bare pyvips, one thread")
    peak = worker_peak([store.path_of(event.object_key) for event in taken.values()])
    print(f"\nThe most memory of a process that makes them two at a time: {peak} MB (target 150)")


def worker_peak(captures: Sequence[Path]) -> int:
    """Return the megabytes a fresh process takes at most to make every file of the captures."""
    worker = (sys.executable, "-c", WORKER, *map(str, captures))
    return int(subprocess.run(worker, check=True, capture_output=True, text=True).stdout)


async def main() -> None:
    """Measure both services and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name:
        notes = Notebook()
        await captures(rounds, Path(name), notes)
        await optimising(rounds, Path(name), notes)


if __name__ == "__main__":
    asyncio.run(main())
