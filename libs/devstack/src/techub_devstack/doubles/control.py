"""The control routes every double has, and the door each request passes before it is answered."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Response
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response as Answer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from techub_devstack.doubles.connections import hang_up
from techub_devstack.doubles.faults import REMEMBERED_BODY, Asked, Control, Fault, Match

PREFIX = "/__control__"


def controlled(app: FastAPI, control: Control) -> None:
    """Give a new double its control routes and put the door in front of all that follow."""
    app.include_router(_routes(control))
    app.add_middleware(Door, control=control)
    app.state.control = control


def _routes(control: Control) -> APIRouter:
    router = APIRouter(prefix=PREFIX)

    @router.post("/faults", status_code=201)
    async def add_fault(fault: Fault) -> Fault:
        control.faults.append(fault)
        return fault

    @router.get("/faults")
    async def faults() -> list[Fault]:
        return control.faults

    @router.delete("/faults", status_code=204, response_class=Response)
    async def end_faults() -> None:
        control.faults.clear()

    @router.get("/requests")
    async def requests(match: Annotated[Match, Query()]) -> dict[str, Any]:
        seen = control.seen(match)
        return {
            "total": len(seen),
            "counts": control.counts(match),
            "requests": [
                {"method": a.method, "path": a.path, "query": a.query, "status": a.status}
                for a in seen
            ],
        }

    @router.delete("/requests", status_code=204, response_class=Response)
    async def forget_requests() -> None:
        control.asked.clear()

    return router


class Door:
    """Writes each request down and lets the fault that is due happen to it."""

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app = app
        self._control = control

    async def __call__(  # noqa: C901 - one branch per way to fail
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer, or fail as told."""
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        asked = Asked(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            body=body[:REMEMBERED_BODY].decode("utf-8", "replace"),
            authorization=request.headers.get("authorization", ""),
        )
        self._control.asked.append(asked)
        fault = self._control.due(asked)

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]
            await send(message)

        if fault is None:
            await self._app(scope, replay, noted)
            return
        held: list[Message] = []
        if fault.after:
            await self._app(scope, replay, _keeping(held))
        await asyncio.sleep(fault.delay_seconds)
        if fault.hang_up:
            await hang_up(scope, receive)
        elif fault.status is not None:
            await _answer(fault)(scope, replay, noted)
        elif not fault.after:
            await self._app(scope, replay, noted)
        else:
            for message in held:
                await noted(message)


def _keeping(held: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        held.append(message)

    return keep


def _answer(fault: Fault) -> Answer:
    headers = {name.lower(): value for name, value in fault.headers.items()}
    if isinstance(fault.body, str):
        headers.setdefault("content-type", "text/html; charset=utf-8")
        content = fault.body
    else:
        headers.setdefault("content-type", "application/json; charset=utf-8")
        content = "" if fault.body is None else json.dumps(fault.body)
    return Answer(content, status_code=fault.status or 500, headers=headers)
