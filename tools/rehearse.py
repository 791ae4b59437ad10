"""`make rehearse`: what operators do to the system, done to it under load; figures go to the docs.

`python tools/rehearse.py [rolling] [cluster] [scaling] [--rounds 30]` writes one part of
docs/benchmarks.md for each. Ends with 1 when anything was lost.
"""

import argparse
import asyncio
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rehearsals import cluster, rolling, scaling

REPORT: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"
HEADINGS: Final = {
    "rolling": "Rehearsed: every service rolled under load",
    "cluster": "Rehearsed: three NATS servers, one killed at a time",
    "scaling": "Rehearsed: the screenshotter from one to four and back",
}


async def figures(part: str, directory: Path, options: argparse.Namespace) -> list[str]:
    """Return a part's figures as Markdown."""
    if part == "rolling":
        return await rolling.rehearse(directory, options.rounds, options.people)
    if part == "cluster":
        return await cluster.rehearse(directory, max(1, options.rounds // 6), options.people)
    return await scaling.rehearse(directory, options.submitted)


def write(part: str, rows: list[str]) -> None:
    """Put the figures in the place of the earlier ones, or at the end of the page."""
    text = REPORT.read_text("utf-8").rstrip() + "\n"
    heading = HEADINGS[part]
    load = os.getloadavg()[1]
    made = (
        f"`python tools/rehearse.py {part}`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
        f"load average {load:.1f}, everything on the same machine."
    )
    section = "\n".join([f"## {heading}", "", made, "", *rows, ""])
    pattern = rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)"
    earlier = re.search(pattern, text, re.MULTILINE | re.DOTALL)
    new = text.replace(earlier.group(0), f"{section}\n") if earlier else f"{text}\n{section}"
    REPORT.write_text(new.rstrip() + "\n", "utf-8")


def main() -> None:
    """Rehearse what is named, everything without a name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(HEADINGS), help=", ".join(HEADINGS))
    parser.add_argument("--rounds", type=int, default=30, help="rolling restarts of each service")
    parser.add_argument("--people", type=int, default=2, help="who submit at the same time")
    parser.add_argument("--submitted", type=int, default=100, help="runs for the scaling")
    options = parser.parse_args()
    for part in options.parts:
        with tempfile.TemporaryDirectory(prefix="techub-rehearsal-") as directory:
            rows = asyncio.run(figures(part, Path(directory), options))
        print("\n".join(rows), flush=True)
        write(part, rows)


if __name__ == "__main__":
    main()
