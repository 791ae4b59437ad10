"""`/ops/jobs`: the runs, filtered by the address, kept up to date by server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from techub_api.ops.door import AsOperator
from techub_api.ops.filters import STATUSES, STEPS, TRIGGERS, WINDOWS, Asked
from techub_api.ops.frame import show
from techub_api.ops.listing import MOST_COUNTED, database_time, page_of_runs, summary_of
from techub_api.ops.shapes import bars_of_hours, share
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_common.database import transaction

router = APIRouter(prefix="/ops")

LARGEST: Final = 2**62
KEEP_ALIVE_SECONDS: Final = 15.0
AT_MOST_EVERY: Final = 2.0
STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Key = Annotated[int | None, Query(ge=0, le=LARGEST)]


@router.get("/jobs")
async def list_runs(
    request: Request,
    opened: Opened,
    who: AsOperator,
    chosen: Asked,
    before: Key = None,
    after: Key = None,
) -> HTMLResponse:
    """Answer a page of runs with how many there are; the newest without a key."""
    async with transaction(opened.sessions) as session:
        now = await database_time(session)
        listed = await page_of_runs(session, chosen, now, before=before, after=after)
        counts, hours = await summary_of(session, chosen, now)
    return show(
        request,
        opened.settings,
        who,
        "jobs.html",
        listed=listed,
        counts=counts,
        total=sum(counts[status] for status in chosen.status or STATUSES),
        is_capped=sum(counts.values()) >= MOST_COUNTED,
        bars=bars_of_hours(hours),
        last_hour=sum(hours[-1].counts.values()) if hours else 0,
        failed_share=share(counts, "failure"),
        chosen=chosen,
        statuses=STATUSES,
        steps=STEPS,
        triggers=TRIGGERS,
        windows=WINDOWS,
        is_newest=before is None and after is None,
    )


@router.get("/jobs/events")
async def follow_runs(opened: Opened) -> StreamingResponse:
    """Stream an event `changed` whenever a run's story has grown, every two seconds at most."""
    return StreamingResponse(
        changes(opened), media_type="text/event-stream", headers=STREAM_HEADERS
    )


async def changes(opened: Resources, *, at_once: bool = False) -> AsyncIterator[str]:
    """Give the lines of such a stream; `at_once` also one for what changed before it was opened."""
    async with opened.feed.watch() as grown:
        yield "retry: 2000\n\n"
        if at_once:
            grown.set()
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await grown.wait()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            grown.clear()
            yield "event: changed\ndata: {}\n\n"
            await asyncio.sleep(AT_MOST_EVERY)
