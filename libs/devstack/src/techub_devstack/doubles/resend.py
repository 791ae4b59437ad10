"""Resend's API for sending mail, and the mailbox in which the mail can be read."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from techub_devstack.doubles.control import controlled
from techub_devstack.doubles.faults import Control
from techub_devstack.doubles.json_document import Json
from techub_devstack.doubles.mail_store import MailStore, OtherPayload
from techub_devstack.doubles.pages import page

ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+")
NAMED_ADDRESS = re.compile(rf"[^<>]*<{ADDRESS.pattern}>")
LONGEST_KEY = 256
MOST_RECIPIENTS = 50
DOMAINS = ("techub.life",)
RATE_LIMIT = {"ratelimit-limit": "2", "ratelimit-remaining": "1", "ratelimit-reset": "1"}


class Refusal(Exception):
    """A request Resend does not accept, in Resend's words."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.name = name

    def response(self) -> Response:
        """Return the error in the shape Resend gives all of them."""
        body = {"statusCode": self.status, "message": str(self), "name": self.name}
        return JSONResponse(body, self.status, headers=RATE_LIMIT)


def create_app(state_dir: Path | None = None, *, control: Control | None = None) -> FastAPI:
    """Return the API and the mailbox; mails last as long as `state_dir`, or as the process."""
    store = MailStore.opened(state_dir)
    app = FastAPI(title="Resend double", docs_url=None, redoc_url=None, openapi_url=None)
    controlled(app, control or Control())
    app.add_middleware(OneAtATime)
    app.add_exception_handler(Refusal, _refused)
    app.include_router(_api_routes(store))
    app.include_router(_mailbox_routes(store))
    return app


def _api_routes(store: MailStore) -> APIRouter:
    router = APIRouter()

    @router.post("/emails")
    async def send(request: Request) -> Response:
        _authorised(request)
        key = request.headers.get("idempotency-key")
        if key is not None and not 1 <= len(key) <= LONGEST_KEY:
            text = "The key must be between 1-256 chars."
            raise Refusal(400, "invalid_idempotency_key", text)
        payload = _checked(await request.body())
        try:
            mail = store.accept(payload, key)
        except OtherPayload as error:
            text = "Same idempotency key used with a different request payload."
            raise Refusal(409, "invalid_idempotent_request", text) from error
        return JSONResponse({"id": mail.id}, headers=RATE_LIMIT)

    @router.get("/emails/{mail_id}")
    async def retrieve(request: Request, mail_id: str) -> Response:
        _authorised(request)
        mail = store.mail(mail_id)
        if mail is None:
            raise Refusal(404, "not_found", "Email not found")
        return JSONResponse(mail.shown(), headers=RATE_LIMIT)

    @router.get("/domains")
    async def domains(request: Request) -> Response:
        _authorised(request)
        found = [_domain(number, name) for number, name in enumerate(DOMAINS)]
        document = {"object": "list", "has_more": False, "data": found}
        return JSONResponse(document, headers=RATE_LIMIT)

    return router


def _domain(number: int, name: str) -> dict[str, Any]:
    return {
        "id": str(UUID(int=number)),
        "name": name,
        "status": "verified",
        "created_at": "2026-01-01 00:00:00+00",
        "region": "eu-west-1",
    }


def _mailbox_routes(store: MailStore) -> APIRouter:
    router = APIRouter()

    @router.get("/mailbox")
    async def mailbox() -> HTMLResponse:
        return HTMLResponse(page("mailbox.html", mails=list(reversed(store.mails))))

    @router.get("/mailbox.json")
    async def mailbox_document(count: bool = False) -> dict[str, Any]:
        """Every mail, oldest first, and how often each key was sent; or only how many there are."""
        if count:
            return {"count": len(store.mails)}
        mails = [{**mail.shown(), "idempotency_key": mail.idempotency_key} for mail in store.mails]
        return {"mails": mails, "requests_per_key": store.requests_per_key}

    @router.delete("/mailbox.json", status_code=204, response_class=Response)
    async def empty_mailbox() -> None:
        store.forget()

    @router.get("/mailbox/{mail_id}")
    async def mail(mail_id: str) -> HTMLResponse:
        found = store.mail(mail_id)
        if found is None:
            return HTMLResponse(page("mailbox.html", mails=[]), 404)
        return HTMLResponse(page("mail.html", mail=found))

    return router


class OneAtATime:
    """Answers 409 while another request with the same idempotency key is not answered yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, alone with its key."""
        key = Request(scope).headers.get("idempotency-key") if scope["type"] == "http" else None
        if key is None:
            await self._app(scope, receive, send)
            return
        if key in self._under_way:
            text = "Same idempotency key used while original request is still in progress."
            refusal = Refusal(409, "concurrent_idempotent_requests", text)
            await refusal.response()(scope, receive, send)
            return
        self._under_way.add(key)
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way.discard(key)


def _authorised(request: Request) -> None:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key:
        raise Refusal(401, "missing_api_key", "Missing API key in the authorization header.")
    if not key.startswith("re_"):
        raise Refusal(403, "invalid_api_key", "API key is invalid.")


def _checked(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise Refusal(422, "validation_error", "The request body must be a JSON object.")
    for name in ("from", "to", "subject"):
        if not payload.get(name):
            raise Refusal(422, "missing_required_field", f"Missing `{name}` field.")
    if not (payload.get("html") or payload.get("text")):
        raise Refusal(422, "missing_required_field", "Missing `html` or `text` field.")
    for name in ("from", "to", "cc", "bcc", "reply_to"):
        given = payload.get(name) or []
        for address in [given] if isinstance(given, str) else given:
            _check_address(name, address)
    if not isinstance(payload["to"], str) and len(payload["to"]) > MOST_RECIPIENTS:
        raise Refusal(422, "validation_error", "The `to` field must not exceed 50 recipients.")
    return payload


def _check_address(name: str, address: Json) -> None:
    text = str(address)
    if not (ADDRESS.fullmatch(text) or NAMED_ADDRESS.fullmatch(text)):
        message = (
            f"Invalid `{name}` field. The email address needs to follow the `email@example.com` "
            "or `Name <email@example.com>` format."
        )
        raise Refusal(422, "validation_error", message)


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001 - FastAPI's
    if not isinstance(error, Refusal):
        raise error
    return error.response()
