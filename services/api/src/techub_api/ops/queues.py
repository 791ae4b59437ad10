"""`/ops/queues`: streams and consumers as they stand, and who is at work."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from techub_api.ops.door import AsOperator
from techub_api.ops.frame import show
from techub_api.ops.jobs import KEEP_ALIVE_SECONDS, STREAM_HEADERS
from techub_api.ops.shapes import line_through
from techub_api.ops.soundings import Soundings
from techub_api.wiring import Opened

router = APIRouter(prefix="/ops/queues")

OLD: Final = 60.0


def soundings(request: Request) -> Soundings:
    """Return what this replica has seen of the streams."""
    found: Soundings = request.app.state.ops_soundings
    return found


Seen = Annotated[Soundings, Depends(soundings)]


@router.get("")
async def show_queues(
    request: Request, opened: Opened, who: AsOperator, seen: Seen
) -> HTMLResponse:
    """Answer how everything stands; raise Away without JetStream."""
    now = await seen.newest()
    return show(
        request,
        opened.settings,
        who,
        "queues.html",
        now=now,
        workers=now.workers,
        old=OLD,
        stored={one.name: seen.stored_per_second(one.name) for one in now.streams},
        delivered={one.name: seen.delivered_per_second(one.name) for one in now.consumers},
        lags={one.name: seen.lag_of(one.name) for one in now.consumers},
        line=line_through,
    )


@router.get("/events")
async def follow_queues(seen: Seen) -> StreamingResponse:
    """Stream an event `changed` whenever this replica has looked again."""
    return StreamingResponse(_looks(seen), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _looks(seen: Soundings) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    while True:
        try:
            async with asyncio.timeout(KEEP_ALIVE_SECONDS), seen.taken:
                await seen.taken.wait()
        except TimeoutError:
            yield ": still here\n\n"
            continue
        yield "event: changed\ndata: {}\n\n"
