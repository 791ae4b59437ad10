"""What the optimizer's files weigh and how like the captures they are, beside the obvious ways.

`python benchmarks/bytes.py [--samples 4]` draws every variant there is of several people, and
prints one table per question. The references are made in the same run: Chromium's own JPEG of
quality 85 and its default PNG, and ImageMagick's files at the same signal-to-noise ratio.
"""

import argparse
import asyncio
import base64
import math
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pyvips
from pictures import launched
from playwright.async_api import async_playwright

from techub_cards.catalogue import ARCHETYPES, SPIRIT_ANIMALS
from techub_cards.fit import SCRIPT
from techub_cards.render import render
from techub_cards.samples import sample
from techub_cards.variants import VARIANTS, Variant
from techub_optimizer.formats import Format, webp_of
from techub_optimizer.images.encoders import ENCODERS, decoded, webp
from techub_optimizer.images.setup import set_up
from techub_optimizer.magick import find_magick

SHOTS = {
    "fast": {"format": "png", "optimizeForSpeed": True},
    "png": {"format": "png"},
    "jpeg": {"format": "jpeg", "quality": 85},
}
OUTPUTS: dict[Format, tuple[str, ...]] = {
    "webp": ("-define", "webp:method=4", "webp:-"),
    "jpeg": ("-interlace", "Plane", "jpeg:-"),
}
WEAKEST, BEST = 40, 97


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture as Chromium gives it, in the ways one may ask for it."""

    variant: str
    fast: bytes
    png: bytes
    jpeg: bytes


async def shots(samples: int) -> list[Shot]:
    """Return every variant of so many people."""
    people = [
        sample(
            archetype=ARCHETYPES[number * 5 % len(ARCHETYPES)],
            spirit_animal=list(SPIRIT_ANIMALS)[number * 7 % len(SPIRIT_ANIMALS)],
            theme="light" if number % 2 else "dark",
            login=f"sample-{number}",
        )
        for number in range(samples)
    ]
    async with async_playwright() as playwright:
        browser = await launched(playwright.chromium.launch)
        page = await browser.new_page()
        session = await page.context.new_cdp_session(page)
        taken = []
        for person in people:
            for variant in VARIANTS.values():
                await page.set_viewport_size({"width": variant.width, "height": variant.height})
                await page.set_content(render(variant, person))
                await page.evaluate(SCRIPT)
                taken.append(
                    Shot(
                        variant.name,
                        **{
                            name: base64.b64decode(
                                (await session.send("Page.captureScreenshot", options))["data"]
                            )
                            for name, options in SHOTS.items()
                        },
                    )
                )
        await browser.close()
    return taken


def decibels(one: pyvips.Image, other: pyvips.Image) -> float:
    """Return the signal-to-noise ratio over every pixel."""
    difference = one.cast("short") - other.cast("short")
    error = (difference * difference).avg()
    return 10 * math.log10(255 * 255 / error) if error else 99.0


def ssim(one: pyvips.Image, other: pyvips.Image) -> float:
    """Return the structural similarity of the brightness (Wang 2004: 11 pixels, sigma 1.5)."""
    window = pyvips.Image.gaussmat(1.5, 0.01, separable=True, precision="float")
    window = window / (window.avg() * window.width * window.height)

    def blurred(image: pyvips.Image) -> pyvips.Image:
        return image.convsep(window, precision="float")

    a, b = (image.colourspace("b-w")[0].cast("float") for image in (one, other))
    mean_a, mean_b = blurred(a), blurred(b)
    variance = blurred(a * a) - mean_a * mean_a + blurred(b * b) - mean_b * mean_b
    covariance = blurred(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (variance + c2))).avg())


def opened(content: bytes) -> pyvips.Image:
    """Return the picture in three colours, in memory."""
    return pyvips.Image.new_from_buffer(content, "").colourspace("srgb")[:3].copy_memory()


def weighed(shot: Shot) -> dict[str, float]:
    """Return sizes and likenesses of our files and Chromium's."""
    image = decoded(shot.fast)
    encoders = {**ENCODERS, "webp": partial(webp, how=webp_of(shot.variant))}
    made = {form: encode(image) for form, encode in encoders.items()}
    ours, small, jpeg = opened(made["png"]), opened(made["webp"]), opened(shot.jpeg)
    return {
        "chromium png": len(shot.png) / 1e3,
        "png": len(made["png"]) / 1e3,
        "png %": 100 * len(made["png"]) / len(shot.png),
        "ssim": ssim(image, ours),
        "chromium jpeg": len(shot.jpeg) / 1e3,
        "webp": len(made["webp"]) / 1e3,
        "webp %": 100 * len(made["webp"]) / len(shot.jpeg),
        "dB jpeg": decibels(image, jpeg),
        "dB webp": decibels(image, small),
        "avif %": 100 * len(made["avif"]) / len(shot.jpeg),
        "dB avif": decibels(image, opened(made["avif"])),
        "our jpeg %": 100 * len(made["jpeg"]) / len(shot.jpeg),
        "thumbnail": len(made["thumbnail"]) / 1e3,
    }


def bytes_table(all_shots: Sequence[Shot]) -> None:
    """Print the worst and the middle of each variant's samples against the targets."""
    by_variant: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    for shot in all_shots:
        by_variant[shot.variant].append(weighed(shot))
    print(
        f"\nkB and %, medians of {len(all_shots) // len(VARIANTS)} samples; in brackets the worst\n"
    )
    print(
        "| variant | PNG kB | of Chromium's PNG | SSIM | WebP kB | of Chromium's JPEG q85 "
        "| dB over that JPEG | AVIF of it | dB | JPEG of it | thumbnail kB |"
    )
    print("|---|" + "---:|" * 10)
    for name, rows in by_variant.items():
        print(f"| {_label(VARIANTS[name])} | {_row(rows)} |")
    print(f"| all | {_row([row for rows in by_variant.values() for row in rows])} |")


def _label(variant: Variant) -> str:
    return f"{variant.name} {variant.width} x {variant.height}"


def _row(rows: Sequence[Mapping[str, float]]) -> str:
    def middle(name: str, digits: int = 0) -> str:
        return f"{statistics.median(row[name] for row in rows):.{digits}f}"

    over = [row["dB webp"] - row["dB jpeg"] for row in rows]
    under = [row["dB avif"] - row["dB jpeg"] for row in rows]
    return " | ".join(
        (
            middle("png"),
            f"{middle('png %')} % ({max(row['png %'] for row in rows):.0f} %)",
            f"{middle('ssim', 4)} ({min(row['ssim'] for row in rows):.4f})",
            middle("webp"),
            f"{middle('webp %')} % ({max(row['webp %'] for row in rows):.1f} %)",
            f"{statistics.median(over):+.1f} ({min(over):+.1f})",
            f"{middle('avif %')} %",
            f"{statistics.median(under):+.1f}",
            f"{middle('our jpeg %')} %",
            middle("thumbnail"),
        )
    )


def converted(command: str, capture: bytes, *options: str) -> tuple[bytes, float]:
    """Return what ImageMagick makes of a capture, and the milliseconds it took as a process."""
    started = time.perf_counter()
    arguments = (command, "-limit", "thread", "1", "png:-", "-strip", *options)
    ran = subprocess.run(arguments, input=capture, capture_output=True, check=True)
    return ran.stdout, (time.perf_counter() - started) * 1000


def at_equal_likeness(command: str, shot: Shot, form: Format, wanted: float) -> int:
    """Return the bytes of ImageMagick's smallest file that is as like the capture as ours."""
    image, low, high = decoded(shot.fast), WEAKEST, BEST
    while low < high:
        quality = (low + high) // 2
        content, _ = converted(command, shot.fast, "-quality", str(quality), *OUTPUTS[form])
        if decibels(image, opened(content)) >= wanted:
            high = quality
        else:
            low = quality + 1
    return len(converted(command, shot.fast, "-quality", str(low), *OUTPUTS[form])[0])


def magick_table(command: str, one_each: Sequence[Shot], rounds: int) -> None:
    """Print bytes at equal likeness, and time per file, beside ImageMagick's."""
    print("\nBeside ImageMagick (one sample of each variant; its time is that of a process)\n")
    print("| format | bytes, ours / its at equal dB | ms, ours with decoding | ms, its | ratio |")
    print("|---|---:|---:|---:|---:|")
    palette = ("-colors", "256", "png8:-")
    ways: dict[Format, tuple[str, ...]] = {
        "png": palette,
        "webp": ("-quality", "76", *OUTPUTS["webp"]),
        "jpeg": ("-quality", "85", *OUTPUTS["jpeg"]),
    }
    for form, options in ways.items():
        ours, its, sizes = [], [], []
        for shot in one_each:
            content = ENCODERS[form](decoded(shot.fast))
            if form == "png":
                sizes.append(len(content) / len(converted(command, shot.fast, *palette)[0]))
            else:
                like = decibels(decoded(shot.fast), opened(content))
                sizes.append(len(content) / at_equal_likeness(command, shot, form, like))
            for _ in range(rounds):
                started = time.perf_counter()
                ENCODERS[form](decoded(shot.fast))
                ours.append((time.perf_counter() - started) * 1000)
                its.append(converted(command, shot.fast, *options)[1])
        mine, theirs = statistics.median(ours), statistics.median(its)
        print(
            f"| {form} | {statistics.median(sizes):.2f} (worst {max(sizes):.2f}) | {mine:.0f} "
            f"| {theirs:.0f} | {mine / theirs:.2f} |"
        )
    print("\nPNG: both with 256 colours and dithering; ImageMagick's is 2 to 4 dB less like it.")


async def main() -> None:
    """Draw, weigh and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    set_up()
    taken = await shots(arguments.samples)
    bytes_table(taken)
    magick = await find_magick(None)
    if magick is None:
        print("\nThere is no ImageMagick on this machine to compare with.")
    else:
        magick_table(magick.command, taken[: len(VARIANTS)], arguments.rounds)


if __name__ == "__main__":
    asyncio.run(main())
