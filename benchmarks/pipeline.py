"""From submission to pictures and to the end of the run, beside the bare work on the same pages.

`python benchmarks/pipeline.py [--rounds 12]` prints Markdown. Each round submits a login the stack
has not seen; the reference then captures and encodes the very same pages with nothing but
Playwright and pyvips, in the same minute.
"""

import argparse
import asyncio
import base64
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pyvips
from people import crowd
from playwright.async_api import CDPSession, Page, async_playwright

from techub_cards.card import Card
from techub_cards.fit import SCRIPT
from techub_cards.render import render
from techub_cards.variants import VARIANTS
from techub_devstack.follow_run import lines_of
from techub_devstack.servers import chromium
from techub_devstack.stack import Stack, Wanted, running_stack

WARM_UPS = 3
FORMATS = {
    "png": {"palette": True, "Q": 90, "effort": 4, "dither": 0.7, "compression": 6},
    "webp": {"Q": 84, "effort": 4},
    "jpeg": {"Q": 85, "trellis_quant": True, "quant_table": 3, "optimize_coding": True},
}


@dataclass(frozen=True)
class Measured:
    """One round, in milliseconds."""

    first: float
    last: float
    told: float
    bare_first: float
    bare_all: float


async def submit(http: httpx.AsyncClient, login: str) -> dict[str, float | str]:
    """Return when the first picture, the last one and the end came, and which came first."""
    started = time.perf_counter()
    answer = await http.post("/api/v1/profiles", json={"login": login})
    answer.raise_for_status()
    seen: dict[str, float | str] = {"run": answer.json()["run_id"]}
    async for line in lines_of(http, answer.json()["events_url"]):
        now = (time.perf_counter() - started) * 1000
        if line.kind == "picture":
            seen.setdefault("first", now)
            seen.setdefault("variant", line.data["variant"])
        elif line.kind == "ended":
            seen["last"] = now
            if line.data["status"] != "success":
                message = f"{login} ended in {line.data['status']}: {line.data}"
                raise RuntimeError(message)
        elif line.data.get("step") == "notify":
            seen["told"] = now
    return seen


def encode(shot: bytes, name: str, folder: Path) -> None:
    """Make and write every format of a picture with nothing but pyvips."""
    image = pyvips.Image.pngload_buffer(shot).copy_memory()
    for form in VARIANTS[name].formats:
        content = getattr(image, f"{form}save_buffer")(keep="none", **FORMATS[form])
        (folder / f"{name}.{form}").write_bytes(content)


class Bare:
    """The same pages by a script: one reused page, two processes that encode."""

    def __init__(self, page: Page, session: CDPSession, folder: Path, pool: Executor) -> None:
        self._page = page
        self._session = session
        self._folder = folder
        self._pool = pool

    async def first(self, name: str, html: str) -> float:
        """Return the milliseconds from a page to its files on disk."""
        started = time.perf_counter()
        await self._encoded(name, await self._shot(name, html))
        return (time.perf_counter() - started) * 1000

    async def all(self, pages: dict[str, str]) -> float:
        """Return the milliseconds for all pages: captured in a row, encoded as they come."""
        started = time.perf_counter()
        encoding = []
        for name, html in pages.items():
            shot = await self._shot(name, html)
            encoding.append(asyncio.ensure_future(self._encoded(name, shot)))
        await asyncio.gather(*encoding)
        return (time.perf_counter() - started) * 1000

    async def _shot(self, name: str, html: str) -> bytes:
        variant = VARIANTS[name]
        await self._page.set_viewport_size({"width": variant.width, "height": variant.height})
        await self._page.set_content(html)
        await self._page.evaluate(SCRIPT)
        options = {"format": "png", "optimizeForSpeed": True}
        answer = await self._session.send("Page.captureScreenshot", options)
        return base64.b64decode(answer["data"])

    async def _encoded(self, name: str, shot: bytes) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._pool, encode, shot, name, self._folder)


def pages_of(stack: Stack, run_id: str) -> dict[str, str]:
    """Return the very pages the run's pictures were taken of."""
    view = next((stack.objects / "runs" / run_id).glob("view-*.json"))
    avatar = next((stack.objects / "avatars").iterdir())
    mime = "image/png" if avatar.suffix == ".png" else "image/jpeg"
    data = f"data:{mime};base64,{base64.b64encode(avatar.read_bytes()).decode()}"
    card = Card.model_validate_json(view.read_bytes()).model_copy(update={"avatar": data})
    return {name: render(variant, card) for name, variant in VARIANTS.items()}


async def measure(rounds: int, folder: Path) -> tuple[list[Measured], dict[str, float]]:
    """Return every round, and the memory of each service at rest, in MB (PSS)."""
    logins = crowd(folder / "samples", rounds + WARM_UPS)
    wanted = Wanted(var=folder / "var", samples_dir=folder / "samples")
    results = []
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawned) as pool:
        async with running_stack(wanted, lambda *_: None) as stack, async_playwright() as driver:
            browser = await driver.chromium.launch(
                executable_path=chromium.find(), chromium_sandbox=False
            )
            page = await browser.new_page()
            session = await page.context.new_cdp_session(page)
            bare = Bare(page, session, folder, pool)
            token = await stack.token("benchmark", "benchmark@example.org")
            async with httpx.AsyncClient(
                base_url=stack.app_host,
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
                timeout=60,
            ) as http:
                for number, login in enumerate(logins):
                    seen = await submit(http, login)
                    pages = pages_of(stack, str(seen["run"]))
                    variant = str(seen["variant"])
                    bare_first = await bare.first(variant, pages[variant])
                    bare_all = await bare.all(pages)
                    if number >= WARM_UPS:
                        results.append(
                            Measured(
                                first=float(seen["first"]),
                                last=float(seen["last"]),
                                told=float(seen["told"]),
                                bare_first=bare_first,
                                bare_all=bare_all,
                            )
                        )
            memory = {name: resident(service.pid) for name, service in stack.services.items()}
            await browser.close()
    return results, memory


def resident(pid: int) -> float:
    """Return the proportional set size of a process and its Python children, in MB."""
    parent = psutil.Process(pid)
    processes = [parent, *parent.children(recursive=True)]
    own = [one for one in processes if "python" in one.name()]
    return sum(one.memory_full_info().pss for one in own) / 1e6


def show(results: list[Measured], memory: dict[str, float]) -> None:
    """Print the tables."""
    first, bare_first = (
        statistics.median(one.first for one in results),
        statistics.median(one.bare_first for one in results),
    )
    last, bare_all = (
        statistics.median(one.last for one in results),
        statistics.median(one.bare_all for one in results),
    )
    told = statistics.median(one.told for one in results)
    target_first, target_last = 2 * bare_first + 300, 1.5 * bare_all
    print(f"\nMedians of {len(results)} unseen logins, {len(VARIANTS)} pictures each, ms\n")
    print("| | measured | bare work | target | of target |")
    print("|---|---:|---:|---:|---:|")
    rows = (
        ("submit → first picture", first, bare_first, target_first, "2 x bare + 300"),
        ("submit → terminal event", last, bare_all, target_last, "1.5 x bare"),
    )
    for name, value, reference, target, rule in rows:
        print(
            f"| {name} | {value:.0f} | {reference:.0f} | {target:.0f} ({rule}) "
            f"| {value / target:.2f} |"
        )
    print(f"| submit → owner told | {told:.0f} | | | |")
    print("\nMemory at rest after these runs, MB (PSS, without Chromium)\n")
    print("| " + " | ".join(memory) + " |")
    print("|" + "---:|" * len(memory))
    print("| " + " | ".join(f"{value:.0f}" for value in memory.values()) + " |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=12)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        show(*asyncio.run(measure(rounds, Path(name))))


if __name__ == "__main__":
    main()
