"""How long the door takes over the pictures made to do harm, and how much memory.

`python benchmarks/hostile.py` prints one row per picture, the costliest first. The time is the
worker's own (CPU), which a busy machine does not change; the wall clock stands beside it.
"""

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.integration.optimizer.hostile import CORPUS, PHOTO, saved

from techub_common.errors import Permanent
from techub_optimizer.door import Door, Shape, open_door

SHOWN = 12


def cpu(pid: int | None) -> float:
    """Return the milliseconds of processor time all threads of a process have had."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def memory(pid: int | None, what: str) -> int:
    """Return what the kernel says of a process's memory, in kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


def forget_peak(pid: int | None) -> None:
    """Make the kernel begin anew to note the most memory a process had."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


async def admitted(door: Door, content: bytes) -> tuple[float, float, float, str]:
    """Return CPU and wall milliseconds, megabytes above rest, and what became of the picture."""
    forget_peak(door.pid)
    rest, before, started = memory(door.pid, "VmRSS"), cpu(door.pid), time.perf_counter()
    try:
        made = await door.admit(content, Shape.avatar)
        what = f"{made.form} of {len(made.content) / 1000:.0f} kB"
    except Permanent as error:
        what = str(error).removeprefix("the picture is refused: ")
    wall = (time.perf_counter() - started) * 1000
    above = max(0, memory(door.pid, "VmHWM") - rest) / 1000
    return cpu(door.pid) - before, wall, above, what


async def main() -> None:
    """Open them all and print."""
    async with open_door() as door:
        await door.admit(saved(PHOTO, "PNG"), Shape.avatar)
        first = door.pid
        rest = memory(door.pid, "VmRSS") / 1000
        rows = {name: await admitted(door, content) for name, content in CORPUS.items()}
        outlived = door.pid == first
    print(
        f"\n{len(rows)} pictures; the worker takes {rest:.0f} MB at rest and "
        f"{'outlived them all' if outlived else 'had to be replaced'}. The costliest:\n"
    )
    print("| picture | CPU ms | wall ms | MB above rest | became |")
    print("|---|---:|---:|---:|---|")
    costly = sorted(rows.items(), key=lambda row: -row[1][0])
    for name, (busy, wall, above, what) in costly[:SHOWN]:
        print(f"| {name} | {busy:.0f} | {wall:.0f} | {above:.0f} | {what[:70]} |")
    over = [name for name, (busy, _, above, _) in rows.items() if busy > 100 or above > 64]
    print(f"\nOver a target: {', '.join(over) or 'none'}.")


if __name__ == "__main__":
    asyncio.run(main())
