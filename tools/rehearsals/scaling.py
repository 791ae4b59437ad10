"""The screenshotter goes from one to four and back under more work than one can do."""

import asyncio
import time
from pathlib import Path
from typing import Final

from rehearsals.load import crowd, deliveries, eventually, jetstream, say, someone

from techub_common.streams import EVENTS, SCREENSHOTTER
from techub_devstack.stack import Wanted, running_stack

MOST: Final = 4
SECONDS: Final = 20.0
ASKED_SECONDS: Final = 300.0


async def rehearse(directory: Path, submitted: int) -> list[str]:
    """Return the figures as rows of Markdown."""
    wanted = Wanted(
        var=directory / "var",
        samples_dir=directory / "samples",
        replicas={"screenshotter": MOST},
        guarded=True,
        environment={"PROFILE_OWNERSHIP_CAP": "100000", "SCREENSHOT_CONCURRENCY": "1"},
    )
    logins = crowd(directory / "samples", submitted)
    rates: list[tuple[int, float]] = []
    async with running_stack(wanted, say) as stack, jetstream(stack) as js:
        first, *others = stack.replicas_of("screenshotter")
        [optimizer] = stack.replicas_of("optimizer")
        await asyncio.gather(*(each.stop() for each in [*others, first]))
        load = await someone(stack, logins)
        runs = [run for _ in logins if (run := await load.submit())]

        async def waiting() -> int:
            return int((await js.consumer_info(EVENTS, SCREENSHOTTER.name)).num_pending or 0)

        async def nothing_waits() -> bool:
            return await waiting() == 0

        async def rate(replicas: int) -> None:
            before, began = await waiting(), time.monotonic()
            await eventually(nothing_waits, SECONDS)  # as long as there is work for all of them
            after = await waiting()
            if before:  # else there was nothing to be fast at
                rates.append((replicas, (before - after) / (time.monotonic() - began)))
            say("scaling", f"{replicas} replicas: {before} waited, now {after}")

        async def all_wait() -> bool:
            return await waiting() >= 3 * len(runs)

        await eventually(all_wait, ASKED_SECONDS)
        await optimizer.stop()  # pictures wait for avatars, so it was needed until now
        first.start()
        await first.until_ready()
        await rate(1)
        for each in others:
            each.start()
        await asyncio.gather(*(each.until_ready() for each in others))
        await rate(MOST)
        await asyncio.gather(*(each.stop() for each in others))
        await rate(1)
        optimizer.start()
        await optimizer.until_ready()
        await asyncio.gather(*(load.ended(run, within=600) for run in runs))
        handed, told = (await deliveries(js))[SCREENSHOTTER.name]
    print(f"errors: {load.errors[:5]}; lost: {load.lost[:5]}", flush=True)
    one = rates[0][1]
    rows = ["| screenshotters | pictures/s | of one |", "|---:|---:|---:|"]
    rows += [f"| {count} | {speed:.2f} | {speed / one:.2f} |" for count, speed in rates]
    pictures = sum(run.get("pictures", 0) for run in load.runs.values())
    sentence = (
        f"{len(runs)} runs, {len(load.lost)} lost, {pictures} files published; {told} captures "
        f"were asked for and handed out {handed} times."
    )
    return [*rows, "", sentence]
