"""A run as JSON, and its story as server-sent events."""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from techub_api.counting import whole_number
from techub_api.problems import answers
from techub_api.resources import Resources
from techub_api.runs.feed import grown_or_late
from techub_api.runs.notices import NOTIFY_STEP
from techub_api.runs.queries import RunShown, entries_after, over_and_told, show_run
from techub_api.runs.sentences import RETRYING, sentence_for
from techub_api.runs.status import Status
from techub_api.runs.tables import Entry
from techub_api.tagged import Known, tagged
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])

AFTER_END_SECONDS: Final = 30.0
KEEP_ALIVE_SECONDS: Final = 15.0


STORY: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Its lines: `queued`, `started`, `step`, `picture`, `ended`; then `end`.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: 7\nevent: step\ndata: {"step": "capture:og"}\n\n',
            }
        },
    }
}


@router.get("/{run_id}", response_model=RunShown, responses=answers(304, 404))
async def read_run(run_id: UUID, opened: Opened, known: Known = None) -> Response:
    """Answer the run with its steps, timings and pictures."""
    return tagged(await _run_or_missing(run_id, opened), known)


async def _run_or_missing(run_id: UUID, opened: Resources) -> RunShown:
    async with transaction(opened.sessions) as session:
        shown = await show_run(session, run_id, opened.settings)
    if shown is None:
        message = "There is no run with this id."
        raise Permanent(message, code="run_missing")
    return shown


@router.get("/{run_id}/events", response_class=StreamingResponse, responses=STORY | answers(404))
async def follow_run(
    run_id: UUID, opened: Opened, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Stream the run's story from the first line, or from after `Last-Event-ID`.

    Ends with an event `end` once the run is over and its owner has been told (or 30 s after the
    end, when telling takes longer).
    """
    await _run_or_missing(run_id, opened)
    last = whole_number(last_event_id) or 0
    return StreamingResponse(
        _story(opened, run_id, last),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _story(opened: Resources, run_id: UUID, last: int) -> AsyncIterator[str]:
    ended_at: float | None = None
    spoke_at = time.monotonic()
    async with opened.feed.follow(run_id) as grown:
        while True:
            async with transaction(opened.sessions) as session:
                entries = await entries_after(session, run_id, last)
            for entry in entries:
                last = entry.id
                yield _line(entry)
                spoke_at = time.monotonic()
                if entry.kind == "ended":
                    ended_at = spoke_at
                if _is_last(entry):
                    yield "event: end\ndata: {}\n\n"
                    return
            now = time.monotonic()
            if ended_at is None and not entries:
                ended_at = await _ended(opened, run_id)
            if ended_at is not None and now - ended_at > AFTER_END_SECONDS:
                yield "event: end\ndata: {}\n\n"
                return
            if now - spoke_at > KEEP_ALIVE_SECONDS:
                yield ": still here\n\n"
                spoke_at = now
            await grown_or_late(grown)


async def _ended(opened: Resources, run_id: UUID) -> float | None:
    """Return when a run ended, for a follower who came later: long ago once everybody was told."""
    async with transaction(opened.sessions) as session:
        is_over, is_told = await over_and_told(session, run_id)
    if not is_over:
        return None
    return -AFTER_END_SECONDS if is_told else time.monotonic()


def _is_last(entry: Entry) -> bool:
    """Return whether nothing follows: somebody was told of the end, or nobody is to be told."""
    if entry.kind == "ended":
        return entry.data.get("status") == Status.canceled
    return entry.kind == "step" and entry.data.get("step") == NOTIFY_STEP


def _line(entry: Entry) -> str:
    """Return the entry as an event of the stream, in our own words where something went wrong."""
    data = {"at": entry.at.isoformat(), **entry.data}
    if data.get("status") == "retrying":
        data["message"] = RETRYING
    elif data.get("status") in {"failed", "degraded"} and data.get("code"):
        data["message"] = sentence_for("failed", data.get("code"))
    if data.get("error"):
        data["error"] = data["error"] | {"message": sentence_for("failed", data["error"]["code"])}
    return f"id: {entry.id}\nevent: {entry.kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
