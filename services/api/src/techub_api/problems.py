"""Foreseen errors become HTTP in one table; everything else is a 500 and a bug."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from techub_common.errors import Away, Permanent

log = structlog.get_logger()

STATUS: Final[Mapping[str, HTTPStatus]] = {
    "artwork_withheld": HTTPStatus.CONFLICT,
    "bad_idempotency_key": HTTPStatus.BAD_REQUEST,
    "bad_key": HTTPStatus.NOT_FOUND,
    "bad_signature": HTTPStatus.UNAUTHORIZED,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "filter_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_login": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invite_taken": HTTPStatus.FORBIDDEN,
    "invite_unknown": HTTPStatus.FORBIDDEN,
    "malformed_webhook": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_on_the_list": HTTPStatus.FORBIDDEN,
    "not_the_owner": HTTPStatus.FORBIDDEN,
    "nothing_known": HTTPStatus.CONFLICT,
    "object_missing": HTTPStatus.NOT_FOUND,
    "options_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "ownership_cap": HTTPStatus.FORBIDDEN,
    "plan_stale": HTTPStatus.CONFLICT,
    "profile_claimed": HTTPStatus.FORBIDDEN,
    "profile_missing": HTTPStatus.NOT_FOUND,
    "request_under_way": HTTPStatus.CONFLICT,
    "rewritten_lately": HTTPStatus.TOO_MANY_REQUESTS,
    "run_missing": HTTPStatus.NOT_FOUND,
    "run_open": HTTPStatus.CONFLICT,
    "sign_in_declined": HTTPStatus.BAD_REQUEST,
    "sign_in_refused": HTTPStatus.BAD_REQUEST,
    "sign_in_stale": HTTPStatus.BAD_REQUEST,
    "too_many_requests": HTTPStatus.TOO_MANY_REQUESTS,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "unknown_artwork": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_field": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_recipe": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_stage": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_variant": HTTPStatus.UNPROCESSABLE_ENTITY,
    "webhooks_off": HTTPStatus.NOT_FOUND,
    "why_missing": HTTPStatus.UNPROCESSABLE_ENTITY,
}


REFUSALS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
MIME: Final = "application/problem+json"

_SAID: Final[Mapping[int, str]] = {
    304: "What you hold is the newest.",
    400: "The request cannot be read.",
    401: "No personal token, or one that is worth nothing.",
    403: "Somebody else decides about that, or you look after enough already.",
    404: "There is no such thing.",
    409: "Something is under way that has to end first.",
    413: "The body is larger than 64 KB.",
    422: "A field is not what it should be; `problems` names each.",
    429: "Too often; `Retry-After` says when it is worth another try.",
    503: "Something of ours is away for a moment; `Retry-After` says when to come back.",
}
_LATER: Final = (429, 503)


class FieldProblem(BaseModel):
    """A field that is wrong."""

    field: str
    reason: str


class Problem(BaseModel):
    """What went wrong (RFC 9457); `type` ends with a code that does not change."""

    type: str
    title: str
    status: int
    detail: str
    problems: list[FieldProblem] | None = None


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route's description says of these statuses, beside those of every route."""
    return {status: _described(status) for status in sorted({*statuses, 422, 503})}


def _described(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {"description": _SAID[status]}
    if status >= HTTPStatus.BAD_REQUEST:
        schema = {"$ref": "#/components/schemas/Problem"}
        said["content"] = {MIME: {"schema": schema}}
    if status in _LATER:
        wait = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
        said["headers"] = {"Retry-After": wait}
    return said


def install(app: FastAPI) -> None:
    """Make the app answer every error as problem+json (RFC 9457)."""
    app.exception_handler(Permanent)(_permanent)
    app.exception_handler(Away)(_away)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)


def problem(
    status: int,
    code: str,
    sentence: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """Return the problem document: `type`, `title`, `status`, `detail`."""
    document = {
        "type": f"urn:techub:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": sentence,
        **more,
    }
    return JSONResponse(document, status, headers=headers, media_type=MIME)


async def _permanent(request: Request, error: Permanent) -> Response:
    status = STATUS.get(error.code)
    if status is None:
        log.error("request_failed", path=request.url.path, code=error.code, error=str(error))
        return problem(500, "unexpected", "Something went wrong on our side.")
    if status in REFUSALS:
        log.warning("request_refused", path=request.url.path, code=error.code)
    headers = {"WWW-Authenticate": "Bearer"} if error.code == "unauthorized" else {}
    return problem(status, error.code, str(error), headers=headers | retry_after(error))


def retry_after(error: Permanent) -> dict[str, str]:
    """Return the header that says when it is worth another try, where that is known."""
    seconds = error.detail.get("retry_after")
    return {"Retry-After": str(seconds)} if seconds is not None else {}


async def _away(request: Request, error: Away) -> Response:
    log.warning("request_refused", path=request.url.path, error=str(error))
    return problem(
        503, "away", "We cannot do that this very moment. Try again.", headers={"Retry-After": "5"}
    )


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    problems = [
        {"field": ".".join(map(str, part["loc"][1:])) or "body", "reason": part["msg"]}
        for part in error.errors()
    ]
    first = problems[0]
    sentence = f"{first['field']}: {first['reason']}"
    return problem(422, "invalid_request", sentence, problems=problems)


async def _http(request: Request, error: HTTPException) -> Response:
    if error.status_code in REFUSALS:
        log.warning("request_refused", path=request.url.path, code="http")
    return problem(error.status_code, "http", str(error.detail), headers=error.headers)
