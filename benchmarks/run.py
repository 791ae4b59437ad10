"""Runs every benchmark and writes docs/benchmarks.md: figures and how to repeat them."""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

KEPT = re.MULTILINE | re.DOTALL
HERE = Path(__file__).parent
REPORT = HERE.parent / "docs" / "benchmarks.md"
PARTS = (
    (
        "A run from submission to its end",
        "pipeline.py",
        """\
Every measured login is one the stack has not seen. The bare work is the same pages, in the same
minute, with nothing but Playwright (one reused page) and pyvips (two processes).""",
    ),
    (
        "Capturing and optimising",
        "pictures.py",
        """\
Service and reference take turns, picture by picture. The last row of the first table is the way of
the system we replace: a new browser per picture, network idle, 500 ms more.""",
    ),
    (
        "Many pictures",
        "screenshots.py",
        """\
Every canvas at several concurrencies beside the bare loop; the memory of a browser that is never
replaced. For drift over 5,000 pictures: `--pictures 5000`.""",
    ),
    (
        "Pictures elsewhere, submissions, open streams",
        "embeds.py",
        """\
Locust asks from a process of its own, on the same cores; the reference is `/up`, asked alike.""",
    ),
    (
        "Telling people",
        "notifications.py",
        """\
Four notifiers, Postgres with fsync, Resend's double answering at once and no vendor limit.""",
    ),
    (
        "What pictures weigh",
        "bytes.py",
        """\
Every variant there is, so the table grows with them. Targets: WebP at most 50 % of Chromium's JPEG
of quality 85 and no less like the capture; PNG at most 45 % of Chromium's, SSIM 0.98 or better.""",
    ),
    (
        "Pictures made to do harm",
        "hostile.py",
        """\
The corpus of the tests, one after another in one warm worker. Targets: 100 ms and 64 MB each.""",
    ),
    (
        "Reading GitHub",
        "github.py",
        """\
GitHub is the double in a process of its own, with 100 ms added to every answer.""",
    ),
    (
        "A card without a model",
        "heuristics.py",
        """\
Processor time of one core: all twenty traits and the reasons of the stats, beside parsing the
profile they are written about. Every profile is met for the first time.""",
    ),
    (
        "What the platform costs",
        "overhead.py",
        """\
Fifteen pictures without GitHub, Gemini or a pixel; Postgres with fsync, JetStream with
`sync_interval: always`.""",
    ),
    (
        "Runs a second",
        "load.py",
        """\
People submit whether or not the platform keeps up. Real api, notifier, Postgres (fsync) and
JetStream (`sync_interval: always`); no GitHub, no Gemini, no pixel, Resend's double.""",
    ),
    (
        "Every event in a terminal",
        "tail.py",
        """\
A process publishes numbered events of every kind; `techub events tail` and nats-py's own ordered
consumer write to a terminal each. Then runs without pixels, alone and watched, in turns.""",
    ),
    (
        "One trace a run",
        "traces.py",
        """\
Five real services and a collector; services are killed in turn, so that messages come twice.""",
    ),
    (
        "What operators see, and a redrive",
        "ops.py",
        """\
The list over HTTP, of the real api process, beside the bare query of fifty runs; then one retry by
filter of runs whose reading of GitHub had finished. Target: 150 ms p95 a page.""",
    ),
    (
        "After the broker was killed",
        "recovery.py",
        """\
The five real services; SIGKILL, and back at once or after two seconds. Each consumer fetches,
buries and ends a message nobody can read; the end is read off the wire.""",
    ),
    (
        "After the stream store was wiped",
        "wiped_store.py",
        """\
Many runs are open, at every step, when JetStream loses everything. Services without pixels; the
real api, sweep and notifier.""",
    ),
)


def main() -> None:
    """Measure everything and write the report; end with the first benchmark that fails."""
    load = os.getloadavg()[0]
    text = [
        "# Benchmarks",
        "",
        "Machines are noisy: read the ratios, not the milliseconds. Repeat with `make benchmarks`.",
        "",
        (
            f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores, "
            f"Python {platform.python_version()}, load average {load:.1f} before the start."
        ),
    ]
    for title, script, words in PARTS:
        print(f"{script} …", flush=True)
        ran = subprocess.run(
            [sys.executable, HERE / script], cwd=HERE, check=True, capture_output=True, text=True
        )
        text += [
            "",
            f"## {title}",
            "",
            f"`python benchmarks/{script}`. {words}",
            ran.stdout.rstrip(),
        ]
    rehearsed = re.findall(r"^## Rehearsed: .*?(?=^## |\Z)", REPORT.read_text("utf-8"), KEPT)
    text += ["", *(section.rstrip() + "\n" for section in rehearsed)]  # `make rehearse` wrote these
    REPORT.write_text("\n".join(text).rstrip() + "\n", "utf-8")
    print(f"written: {REPORT.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
