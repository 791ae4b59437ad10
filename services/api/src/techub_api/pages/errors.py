"""What goes wrong, as a page for whoever looks with a browser; everyone else gets the problem."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from techub_api.pages.answers import NOBODY, answer
from techub_api.pages.signing_in import sign_in_address
from techub_api.pages.visitors import SignInFirst
from techub_api.problems import problem
from techub_common.errors import Away, Permanent

log = structlog.get_logger()

Handler = Callable[[Request, Any], Response | Awaitable[Response]]

HEADLINES: Final[Mapping[int, str]] = {
    400: "We could not read that",
    401: "Who goes there?",
    403: "We cannot take that",
    404: "This card is not in the deck",
    405: "We cannot take that",
    413: "That is too much for one card",
    422: "Something in there does not fit",
    429: "One card after another",
    503: "We are still shuffling",
}
SENTENCES: Final[Mapping[int, str]] = {
    404: "Nothing lives at this address. It may have moved, or it never was.",
    503: "We cannot do that this very moment. Try again in a few seconds.",
}
DROPPED: Final = "We dropped the deck"
UNEXPECTED: Final = "Something went wrong on our side. We have been told."


def install(app: FastAPI) -> None:
    """Make every error the app answers a page where a page was asked for."""
    for kind in (Permanent, Away, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _also_as_page(app.exception_handlers[kind]))
    app.add_exception_handler(Exception, _also_as_page(_unexpected))
    app.add_exception_handler(SignInFirst, _sign_in_first)


async def _sign_in_first(request: Request, _: Exception) -> Response:
    return RedirectResponse(sign_in_address(request.url.path), 303)


def wants_page(request: Request) -> bool:
    """Return whether somebody looks at this address with a browser; the API never answers pages."""
    path = request.url.path
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not path.startswith("/api/") and not path.endswith(".json")


def _also_as_page(handler: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        answered = handler(request, error)
        response = answered if isinstance(answered, Response) else await answered
        return _page(request, error, response) if wants_page(request) else response

    return handle


def _page(request: Request, error: Exception, problem: Response) -> Response:
    # An address that does not even parse is an address where nothing lives.
    status = 404 if isinstance(error, RequestValidationError) else problem.status_code
    page = answer(
        request,
        request.app.state.resources.settings,
        NOBODY,
        "error.html",
        status=status,
        code=status,
        headline=HEADLINES.get(status, DROPPED),
        sentence=_sentence(status, error),
    )
    page.headers["Vary"] = "Accept, Cookie, Accept-Encoding"
    for name in ("Retry-After", "Allow", "WWW-Authenticate"):
        if name in problem.headers:
            page.headers[name] = problem.headers[name]
    return page


def _sentence(status: int, error: Exception) -> str:
    if isinstance(error, HTTPException) and error.detail != HTTPStatus(status).phrase:
        return str(error.detail)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(error, Permanent):
        return str(error)
    return SENTENCES.get(status, UNEXPECTED)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, error=type(error).__name__)
    return problem(500, "unexpected", UNEXPECTED)
