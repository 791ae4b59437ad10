"""`/ops/doctor`: how every service is, and how it has been."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select

from techub_api.doctor.board import Past, board_of
from techub_api.doctor.queries import failing_since, history, latest
from techub_api.ops.door import AsOperator
from techub_api.ops.frame import show
from techub_api.wiring import Opened
from techub_common.database import transaction

MINUTE: Final = 60
SPANS: Final = {6: "6 hours", 24: "a day", 168: "a week"}

router = APIRouter(prefix="/ops")


@router.get("/doctor")
async def look(
    request: Request,
    opened: Opened,
    who: AsOperator,
    hours: Annotated[int, Query(ge=1, le=336)] = 24,
) -> HTMLResponse:
    """Answer the newest probe and how each check was in the hours before it."""
    async with transaction(opened.sessions) as session:
        probed = await latest(session)
        moments = await history(session, timedelta(hours=hours))
        since = await failing_since(session)
        now = await session.scalar(select(func.clock_timestamp()))
    every = opened.settings.probe_seconds
    board = board_of(probed, Past(moments, since, hours, now), every) if probed and now else None
    return show(
        request,
        opened.settings,
        who,
        "doctor.html",
        board=board,
        every=spoken(every),
        spans=SPANS,
    )


def spoken(seconds: float) -> str:
    """Return a pause as people say it; empty for none."""
    if seconds < MINUTE:
        return f"{seconds:g} s" if seconds else ""
    return f"{seconds / MINUTE:g} min"
