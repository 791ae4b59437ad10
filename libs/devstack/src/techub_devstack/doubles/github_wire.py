"""How GitHub answers: headers, ETags, pages with Link headers, error bodies, avatar addresses."""

import hashlib
import json
import math
import time
import uuid
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from techub_devstack.doubles.json_document import Json

DOCUMENTATION = "https://docs.github.com"
HOURLY_LIMIT = 5000
HOUR = 3600
PER_PAGE = 30
MOST_PER_PAGE = 100


class RateLimits:
    """Counts an hour's requests per token; it tells the numbers and never refuses."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, int]] = Counter()

    def headers(self, request: Request, resource: str = "core", *, cost: int = 1) -> dict[str, str]:
        """Return the x-ratelimit headers after one request more."""
        hour = int(time.time()) // HOUR
        key = (request.headers.get("authorization", "") + resource, hour)
        self._used[key] += cost
        used = self._used[key] % HOURLY_LIMIT
        return {
            "x-ratelimit-limit": str(HOURLY_LIMIT),
            "x-ratelimit-remaining": str(HOURLY_LIMIT - used),
            "x-ratelimit-used": str(used),
            "x-ratelimit-reset": str((hour + 1) * HOUR),
            "x-ratelimit-resource": resource,
        }


class Wire:
    """Turns documents into GitHub's responses."""

    def __init__(self) -> None:
        self.limits = RateLimits()

    def answer(
        self,
        request: Request,
        document: Json,
        *,
        status: int = 200,
        resource: str = "core",
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Return a JSON answer with its ETag, or 304 when the client has it already."""
        local = with_local_avatars(document, base_of(request))
        body = json.dumps(local, ensure_ascii=False, separators=(",", ":")).encode()
        kind = "application/json; charset=utf-8"
        return self._sent(request, body, kind, status, resource, headers or {})

    def raw(self, request: Request, content: bytes) -> Response:
        """Return a file as it is, with its ETag, or 304."""
        kind = "application/vnd.github.raw+json; charset=utf-8"
        return self._sent(request, content, kind, 200, "core", {})

    def _sent(
        self,
        request: Request,
        body: bytes,
        kind: str,
        status: int,
        resource: str,
        headers: dict[str, str],
    ) -> Response:
        # As at GitHub, an ETag is of the answer and of who asked.
        asked_by = request.headers.get("authorization", "").encode()
        etag = f'W/"{hashlib.sha256(asked_by + body).hexdigest()}"'
        fresh = status == 200 and _same_etag(request.headers.get("if-none-match"), etag)  # noqa: PLR2004
        free = fresh and bool(asked_by)  # nobody's 304 costs what a 200 does
        common = {
            **self.limits.headers(request, resource, cost=0 if free else 1),
            "server": "github.com",
            "cache-control": "public, max-age=60, s-maxage=60",
            "vary": "Accept, Authorization, Cookie, Accept-Encoding, X-Requested-With",
            "etag": etag,
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": "2022-11-28",
            "x-github-request-id": request_id(),
            "x-content-type-options": "nosniff",
            **headers,
        }
        if fresh:
            return Response(status_code=304, headers=common)
        common["content-type"] = kind
        return Response(body, status_code=status, headers=common)

    def refused(
        self, request: Request, status: int, message: str, where: str = "/rest"
    ) -> Response:
        """Return an error as GitHub words it."""
        document = {
            "message": message,
            "documentation_url": DOCUMENTATION + where,
            "status": str(status),
        }
        return self.answer(request, document, status=status)

    def page(
        self,
        request: Request,
        pages: list[list[Any]],
        *,
        account_id: int | None,
        name: str,
    ) -> Response:
        """Return one page of a list: recorded pages as they are, a single one cut to size."""
        size = min(_number(request, "per_page", PER_PAGE), MOST_PER_PAGE)
        page = _number(request, "page", 1)
        if len(pages) == 1:
            items = pages[0]
            pages = [
                items[start : start + size]
                for start in range(0, math.ceil(len(items) / size) * size, size)
            ]
        here = pages[page - 1] if page <= len(pages) else []
        base = f"{base_of(request)}/user/{account_id}/{name}"
        link = link_header(base, dict(request.query_params), page=page, last=len(pages))
        return self.answer(request, here, headers={"link": link} if link else {})


def link_header(base: str, query: dict[str, str], *, page: int, last: int) -> str:
    """Return GitHub's Link header, empty when everything is on this page."""
    targets = {
        "prev": page - 1 if page > 1 else None,
        "next": page + 1 if page < last else None,
        "last": last if page < last else None,
        "first": 1 if page > 1 else None,
    }
    return ", ".join(
        f'<{base}?{urlencode({**query, "page": str(target)})}>; rel="{rel}"'
        for rel, target in targets.items()
        if target is not None
    )


def with_local_avatars(document: Json, base: str) -> Json:
    """Return the document with the avatar of everyone who is named served by the double."""
    if isinstance(document, list):
        return [with_local_avatars(item, base) for item in document]
    if not isinstance(document, dict):
        return document
    local = {key: with_local_avatars(value, base) for key, value in document.items()}
    for key in ("avatar_url", "avatarUrl"):
        if isinstance(local.get(key), str) and isinstance(local.get("login"), str):
            local[key] = f"{base}/avatars/{local['login']}?v=4"
    return local


def base_of(request: Request) -> str:
    """Return the address the client used for the double."""
    return str(request.base_url).rstrip("/")


def request_id() -> str:
    """Return an id in the form GitHub gives its requests."""
    digits = uuid.uuid4().hex.upper()
    return f"{digits[:4]}:{digits[4:9]}:{digits[9:16]}:{digits[16:23]}:{digits[23:31]}"


def _number(request: Request, name: str, otherwise: int) -> int:
    given = request.query_params.get(name, "")
    return int(given) if given.isdecimal() and int(given) > 0 else otherwise


def _same_etag(given: str | None, etag: str) -> bool:
    known = [tag.strip().removeprefix("W/") for tag in (given or "").split(",")]
    return etag.removeprefix("W/") in known
