"""What every answer carries, also those that went wrong, and the one line logged about it."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from techub_common import tracing
from techub_common.tracing import Span

log = structlog.get_logger()

HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""For whatever says nothing else for itself: pages and framed cards have policies of their own."""
HTTPS_ONLY: Final = "max-age=31536000; includeSubDomains"


class Watched:
    """The outermost layer: adds the headers to every answer and logs one line when it has ended."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if is_https:
            self._headers["Strict-Transport-Security"] = HTTPS_ONLY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with (
            tracing.request(scope["method"]) as (trace_id, span),
            structlog.contextvars.bound_contextvars(trace_id=trace_id),
        ):
            await self._answer(scope, receive, send, span)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        started = time.monotonic()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    said.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            _note(span, scope["method"], route, status)
            log.info(
                "request_answered",
                method=scope["method"],
                route=route,
                status=status,
                duration_ms=round((time.monotonic() - started) * 1000, 1),
            )


def _note(span: Span, method: str, route: str, status: int) -> None:
    """Say what was asked by its route alone: paths and queries hold tokens."""
    span.update_name(f"{method} {route}")
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        tracing.failed(span, str(status))
