"""`/api-docs`: what the API can be asked, and what travels between the services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from techub_api.events_description import described_events, hearers_of, tellers_of
from techub_api.pages.answers import answer
from techub_api.pages.visitors import Looking
from techub_api.wiring import Opened
from techub_common import events

router = APIRouter(prefix="/api-docs", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One thing the API can be asked to do."""

    method: str
    path: str
    summary: str
    parameters: Sequence[Mapping[str, Any]]
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of event, and the fields of its data."""

    subject: str
    type: str
    summary: str
    told_by: Sequence[str]
    heard_by: Sequence[str]
    fields: Sequence[tuple[str, bool]]


@router.get("")
async def document(request: Request, opened: Opened, visitor: Looking) -> HTMLResponse:
    """Answer what the API can be asked, from its own description."""
    return answer(
        request, opened.settings, visitor, "api_docs.html", calls=calls(request.app.openapi())
    )


@router.get("/events")
async def document_events(request: Request, opened: Opened, visitor: Looking) -> HTMLResponse:
    """Answer which facts there are, who tells them and who hears them."""
    return answer(request, opened.settings, visitor, "event_docs.html", facts=facts())


@router.get("/asyncapi.json")
async def asyncapi(request: Request) -> JSONResponse:
    """Answer the same for machines."""
    return JSONResponse(described_events(request.app.version))


def calls(description: Mapping[str, Any]) -> list[Call]:
    """Return what an OpenAPI description says one can do, in its order."""
    return [
        Call(
            method.upper(),
            path,
            str(done.get("description") or done.get("summary") or "").split("\n\n")[0],
            done.get("parameters", ()),
            {code: str(said["description"]) for code, said in done["responses"].items()},
        )
        for path, item in description["paths"].items()
        for method, done in item.items()
    ]


def facts() -> list[Fact]:
    """Return every kind of event, in the order in which they are declared."""
    return [
        Fact(
            event.subject,
            event.type,
            (event.__doc__ or "").split("\n\n")[0],
            tellers_of(event),
            hearers_of(event),
            [(name, field.is_required()) for name, field in event.model_fields.items()],
        )
        for event in events.ALL
    ]
