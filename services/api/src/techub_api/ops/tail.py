"""`/ops/events`: every event of every service as it is told, from the stream's history on."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from nats.aio.msg import Msg

from techub_api.counting import whole_number
from techub_api.ops.door import AsOperator
from techub_api.ops.following import Follower
from techub_api.ops.frame import show
from techub_api.ops.jobs import STREAM_HEADERS
from techub_api.wiring import Opened
from techub_common import events
from techub_common.envelope import TELL_HEADER
from techub_common.errors import Permanent
from techub_common.logins import same_login
from techub_common.since import moment
from techub_common.streams import TOLD_BY

router = APIRouter(prefix="/ops/events")

NAMES: Final = ("service", "subject", "login", "run", "words", "since")
SUBJECTS: Final = tuple(event.subject for event in events.ALL)
SAID: Final = ("stage", "status", "variant", "kind", "trigger", "code", "message", "duration_ms")
WINDOWS: Final = {"": "now", "10m": "10 minutes ago", "1h": "an hour ago", "6h": "6 hours ago"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to show; what is empty does not matter."""

    service: str = ""
    subject: str = ""
    login: str = ""
    run: str = ""
    words: str = ""

    def shows(self, subject: str, cloud: Mapping[str, Any], body: bytes) -> bool:
        """Return whether the event is one of those asked for; `words` may stand in any field."""
        return (
            (not self.service or _service(cloud) == self.service)
            and (not self.subject or subject == self.subject)
            and (not self.login or same_login(str(cloud.get("subject", "")), self.login))
            and (not self.run or str(cloud.get("runid", "")).startswith(self.run.lower()))
            and (not self.words or self.words.lower() in body.decode(errors="replace").lower())
        )


@router.get("")
async def show_events(request: Request, opened: Opened, who: AsOperator) -> HTMLResponse:
    """Answer the page; its script follows the stream."""
    asked = _asked(request.query_params)
    _since(asked["since"])
    return show(
        request,
        opened.settings,
        who,
        "events.html",
        asked=asked,
        query=str(request.url.query),
        services=list(TOLD_BY),
        subjects=SUBJECTS,
        windows=WINDOWS,
    )


@router.get("/stream")
async def follow(
    request: Request,
    opened: Opened,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Stream the events that fit, many in one message; ids are sequences of the stream.

    Who comes back with `Last-Event-ID` goes on after it: nothing is missing, nothing comes twice.
    """
    asked = _asked(request.query_params)
    since = _since(asked.pop("since"))
    wanted = Wanted(**asked)
    after = whole_number(last_event_id)
    subjects = [wanted.subject] if wanted.subject in SUBJECTS else []
    follower = Follower(opened.tell.connection, subjects)
    await follower.start(after=after, since=since)
    return StreamingResponse(
        _told(follower, wanted), media_type="text/event-stream", headers=STREAM_HEADERS
    )


async def _told(follower: Follower, wanted: Wanted) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    async for batch in follower.batches():
        if not batch:
            yield ": still here\n\n"
            continue
        last = batch[-1].metadata.sequence.stream
        shown = [line for message in batch if (line := _line(message, wanted)) is not None]
        data = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        yield f"id: {last}\nevent: told\ndata: {data}\n\n"


def _line(message: Msg, wanted: Wanted) -> dict[str, Any] | None:
    """Return what the page shows of a message; whatever it holds, it can be shown."""
    cloud = _cloud(message.data)
    if not wanted.shows(message.subject, cloud, message.data):
        return None
    data = cloud.get("data")
    known = data if isinstance(data, dict) else {}
    return {
        "sequence": message.metadata.sequence.stream,
        "time": str(cloud.get("time") or message.metadata.timestamp.isoformat()),
        "service": _service(cloud),
        "subject": message.subject,
        "login": str(cloud.get("subject", "")),
        "run": str(cloud.get("runid", "")),
        "tell": (message.headers or {}).get(TELL_HEADER, "0"),
        "said": "  ".join(
            f"{name}={known[name]}" for name in SAID if known.get(name) not in (None, "", [], {})
        ),
        "event": cloud or {"unreadable": message.data.decode(errors="replace")},
    }


def _cloud(body: bytes) -> Mapping[str, Any]:
    try:
        cloud = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cloud if isinstance(cloud, dict) and "specversion" in cloud else {}


def _service(cloud: Mapping[str, Any]) -> str:
    return str(cloud.get("source", "")).rpartition("/")[2] or "?"


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    asked = {name: (given.get(name) or "").strip()[:100] for name in NAMES}
    return asked | {"login": asked["login"].removeprefix("@")}


def _since(text: str) -> datetime | None:
    try:
        return moment(text, datetime.now(UTC)) if text else None
    except ValueError as error:
        raise Permanent(str(error), code="filter_refused") from error
