"""The HTTP side of the api, made by one factory that production and tests both call."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from techub_api import health, problems
from techub_api.counting import whole_number
from techub_api.description import describe
from techub_api.embeds import routes as embed_routes
from techub_api.hooks import routes as hook_routes
from techub_api.mail import routes as mail_routes
from techub_api.ops import routes as ops_routes
from techub_api.pages import errors as page_errors
from techub_api.pages import routes as page_routes
from techub_api.pictures import routes as picture_routes
from techub_api.profiles import routes as profile_routes
from techub_api.resources import Resources
from techub_api.runs import routes as run_routes
from techub_api.submissions import routes as submission_routes
from techub_api.watching import Watched

MAX_BODY: Final = 64 * 1024
LARGER: Final[Mapping[str, int]] = {hook_routes.PATH: 2 * 1024 * 1024}
"""A push of many commits is large; of a larger one only the next refresh tells."""


class Gateway(FastAPI):
    """FastAPI with the layer around it that also sees the answers to what went wrong."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return every layer, ours outermost."""
        resources: Resources = self.state.resources
        return Watched(super().build_middleware_stack(), is_https=resources.settings.is_https)


def create_app(resources: Resources) -> FastAPI:
    """Return the app over what is open already."""
    app = Gateway(
        title="TecHub",
        version="1",
        openapi_url="/api-docs/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would tell addresses
    )
    app.state.resources = resources
    app.state.gemini = health.GeminiHealth(resources.ask)
    problems.install(app)
    page_errors.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(CrossOrigin, origins=resources.settings.cors_origins)
    if resources.settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=resources.settings.trusted_proxies)
    ops_routes.install(app, resources)
    for module in (
        submission_routes,
        run_routes,
        profile_routes,
        picture_routes,
        page_routes,
        mail_routes,
        hook_routes,
        embed_routes,
        health,
    ):
        app.include_router(module.router)
    describe(app)
    return app


class CrossOrigin:
    """Lets scripts of these origins ask the API, never with cookies; pages are ours alone."""

    def __init__(self, app: ASGIApp, origins: str) -> None:
        self._app = app
        self._api = CORSMiddleware(
            app,
            allow_origins=origins.split(",") if origins else (),
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Authorization", "Idempotency-Key", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag", "Retry-After"],
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with what CORS says of it below `/api/`."""
        asks_api = scope["type"] == "http" and scope["path"].startswith("/api/")
        await (self._api if asks_api else self._app)(scope, receive, send)


class BodyLimit:
    """Refuses request bodies over 64 KB (2 MB of GitHub), whatever Content-Length says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = LARGER.get(scope["path"], MAX_BODY)
        declared = dict(scope["headers"]).get(b"content-length", b"0").decode("latin-1")
        length = whole_number(declared)
        if length is None or length > limit:
            await _too_large(scope, receive, send, limit)
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if len(body) > limit:
                await _too_large(scope, receive, send, limit)
                return
            if not message.get("more_body"):
                break
        read = False

        async def again() -> Message:
            nonlocal read
            if read:
                return await receive()
            read = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, again, send)


async def _too_large(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    sentence = f"The request may be {limit // 1024} KB at most."
    answer = problems.problem(413, "body_too_large", sentence)
    await answer(scope, receive, send)
