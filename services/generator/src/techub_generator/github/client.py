"""Asks GitHub's REST interface: one answer, or every page of a list, side by side."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx

from techub_generator.github.quota import Noted
from techub_generator.github.refusals import refusal, unavailable

PER_PAGE: Final = 100
SIDE_BY_SIDE: Final = 12
PATIENCE: Final = 10.0

T = TypeVar("T")


class GitHub:
    """GitHub's REST interface; every failure is a Transient or a Permanent."""

    def __init__(self, http: httpx.AsyncClient, patience: float = PATIENCE) -> None:
        self._http = http
        self._patience = patience
        self._turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(self, login: str, path: str = "") -> dict[str, Any]:
        """Return the object at `/users/{login}{path}`."""
        response = await self._get(login, path)
        return _json(response, dict)

    async def every(self, login: str, path: str, pages: int) -> list[Any]:
        """Return the list at `/users/{login}{path}`, at most `pages` pages of a hundred."""
        first = await self._get(login, path, page=1)
        elements: list[Any] = _json(first, list)
        last = _page_of(first, "last")
        if last is not None:
            rest = [self._get(login, path, page=page) for page in range(2, min(last, pages) + 1)]
            for response in await side_by_side(*rest):
                elements += _json(response, list)
            return elements
        response = first
        for page in range(2, pages + 1):
            if _page_of(response, "next") is None:
                break
            response = await self._get(login, path, page=page)
            elements += _json(response, list)
        return elements

    async def _get(self, login: str, path: str, page: int | None = None) -> httpx.Response:
        parameters = {} if page is None else {"per_page": PER_PAGE, "page": page}
        try:
            async with self._turns, asyncio.timeout(2 * self._patience):
                response = await self._http.get(f"users/{quote(login)}{path}", params=parameters)
        except (httpx.HTTPError, TimeoutError) as error:
            reason = f"no answer ({type(error).__name__})"
            raise unavailable(reason) from error
        if not response.is_success:
            raise refusal(response, login)
        return response


@asynccontextmanager
async def open_github(
    url: str, token: str | None, patience: float = PATIENCE, noted: Noted | None = None
) -> AsyncIterator[GitHub]:
    """Yield a client for the GitHub at `url`, signed with `token` when there is one.

    `noted` is given every answer.
    """
    headers = {
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        "user-agent": "techub-generator",
    }
    if token:
        headers["authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(
        base_url=url,
        headers=headers,
        timeout=httpx.Timeout(patience, connect=patience / 2),
        follow_redirects=True,
        max_redirects=3,
        trust_env=False,
        event_hooks={"response": [noted] if noted else []},
    ) as http:
        yield GitHub(http, patience)


async def side_by_side(*calls: Awaitable[T]) -> list[T]:
    """Return what all calls return; the first to fail ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_awaited(call)) for call in calls]
    except ExceptionGroup as failures:
        first = failures.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]


async def _awaited(call: Awaitable[T]) -> T:
    return await call


def _json(response: httpx.Response, kind: type[T]) -> T:
    try:
        document = response.json()
    except ValueError as error:
        reason = "it answered something that is not JSON"
        raise unavailable(reason) from error
    if not isinstance(document, kind):
        reason = f"it answered a JSON {type(document).__name__} where a {kind.__name__} belongs"
        raise unavailable(reason)
    return document


def _page_of(response: httpx.Response, relation: str) -> int | None:
    link = response.links.get(relation)
    if link is None:
        return None
    page = httpx.URL(link["url"]).params.get("page", "")
    return int(page) if page.isascii() and page.isdigit() else None
