"""One conversation with GitHub, which asks only whether what we know has changed."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from techub_common.errors import Transient
from techub_generator.github.credentials import CORE, GRAPHQL, Credential
from techub_generator.github.line import Line, Reply, Wanted
from techub_generator.github.refusals import unavailable
from techub_generator.github.wire import Answer, readable
from techub_generator.kept import Kept
from techub_generator.side_by_side import side_by_side

PER_PAGE: Final = 100
NO_OBJECT: Final = "it answered something that is not a JSON object"
RAW: Final = "application/vnd.github.raw+json"

A = TypeVar("A", bound=Answer)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, `None` when it is as it was; `count` is how many elements it has."""

    elements: list[T] | None
    count: int


class Asking:
    """One conversation; `before` holds what earlier answers left, `answers` what these leave.

    Paths are the keys; a page is part of it: `/users/ada/repos?page=2`. Every failure is a
    Transient or a Permanent.
    """

    def __init__(self, line: Line, before: Mapping[str, Kept]) -> None:
        self._line = line
        self._before = before
        self._liked: dict[str, Credential] = {}
        self.answers: dict[str, Kept] = {}

    @property
    def signed(self) -> bool:
        """Return whether GraphQL can be asked at all."""
        return self._line.wallet.signed

    def gone(self, path: str) -> bool:
        """Return whether there was nothing at the path the last time; it is not asked again."""
        known = self._before.get(path)
        if known is None or not known.gone:
            return False
        self.answers[path] = known
        return True

    async def one(self, path: str, shape: type[A], *, dated: bool = True) -> A | None:
        """Return the object at the path, None when it is as it was.

        With `dated` False the day it was modified proves nothing, and is not asked about.
        """
        reply = await self._get(path, path, dated=dated)
        if reply.unchanged:
            return None
        try:
            found = shape.model_validate(_document(reply.body))
        except ValidationError as error:
            raise unavailable(_complaint(error)) from error
        self._keep(path, reply, Kept())
        return found

    async def text(self, path: str, limit: int) -> str | None:
        """Return a file's text, at most `limit` bytes of it, None when it is as it was."""
        reply = await self._get(path, path, headers={"accept": RAW}, limit=limit)
        if reply.unchanged:
            return None
        self._keep(path, reply, Kept())
        return reply.body.decode("utf-8", "replace")

    async def every(
        self, path: str, shape: type[A], pages: int, suits: Callable[[A], bool] = lambda _: True
    ) -> list[Page[A]]:
        """Return a list's pages, as far as they suit, side by side once their number is known."""

        async def page_of(number: int) -> tuple[Page[A], Reply]:
            return await self._page(path, number, shape, suits)

        first, reply = await page_of(1)
        last = reply.page_of("last") or self.answers[page_key(path, 1)].last
        if last is not None:
            rest = [page_of(number) for number in range(2, min(last, pages) + 1)]
            return [first, *(page for page, _ in await side_by_side(*rest))]
        found = [first]
        for number in range(2, pages + 1):
            if reply.page_of("next") is None:
                break
            more, reply = await page_of(number)
            found.append(more)
        return found

    async def graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the whole answer to a query: `data`, and `errors` if there are any."""
        body = {"query": query, "variables": dict(variables)}
        reply = await self._ask(Wanted("POST", self._line.graphql, GRAPHQL, {}, {}, json=body))
        document = _document(reply.body)
        if not isinstance(document, dict):
            raise unavailable(NO_OBJECT)
        errors = document.get("errors")
        given = errors if isinstance(errors, list) else []
        if any(isinstance(one, dict) and one.get("type") == "RATE_LIMITED" for one in given):
            message = "GitHub asks us to slow down; another try follows when it allows one."
            raise Transient(message, code="github_rate_limited", retry_after=60.0)
        return document

    async def _page(
        self, path: str, page: int, shape: type[A], suits: Callable[[A], bool]
    ) -> tuple[Page[A], Reply]:
        key = page_key(path, page)
        reply = await self._get(path, key, params={"per_page": PER_PAGE, "page": page})
        if reply.unchanged:
            return Page(None, self.answers[key].elements), reply
        elements = [one for one in _elements(reply.body, shape) if suits(one)]
        self._keep(key, reply, Kept(elements=len(elements), last=reply.page_of("last")))
        return Page(elements, len(elements)), reply

    async def _get(  # one per thing a request may have
        self,
        path: str,
        key: str,
        *,
        params: Mapping[str, int] | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int | None = None,
        dated: bool = True,
    ) -> Reply:
        known = self._before.get(key)

        def conditions(by: str) -> dict[str, str]:
            if known is None:
                return {}
            if known.etag and known.by == by:
                return {"if-none-match": known.etag}
            return {"if-modified-since": known.modified} if known.modified and dated else {}

        reply = await self._ask(
            Wanted("GET", path, CORE, params or {}, headers or {}, None, limit, conditions)
        )
        if reply.unchanged:
            if known is None:
                reason = "it says that something is as it was which we never asked for"
                raise unavailable(reason)
            etag = reply.headers.get("etag") or (known.etag if known.by == reply.by else None)
            self.answers[key] = known.model_copy(update={"etag": etag, "by": reply.by})
        return reply

    async def _ask(self, wanted: Wanted) -> Reply:
        reply, credential = await self._line.ask(wanted, self._liked.get(wanted.resource))
        self._liked[wanted.resource] = credential
        return reply

    def _keep(self, key: str, reply: Reply, kept: Kept) -> None:
        headers = reply.headers
        found = {"etag": headers.get("etag"), "modified": headers.get("last-modified")}
        self.answers[key] = kept.model_copy(update=found | {"by": reply.by})


def page_key(path: str, page: int) -> str:
    """Return under which key a list's page is kept."""
    return f"{path}?page={page}"


def _elements(body: bytes, shape: type[A]) -> list[A]:
    with suppress(ValidationError):  # something in it is broken: then element by element
        return TypeAdapter(list[shape]).validate_json(body)  # type: ignore[valid-type]
    document = _document(body)
    if not isinstance(document, list):
        reason = "it answered something that is not a JSON list"
        raise unavailable(reason)
    return readable(shape, document)


def _document(body: bytes) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Return what the JSON says; halves of letters, which pydantic refuses, are let through."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = "it answered something that is not JSON"
        raise unavailable(reason) from error


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return NO_OBJECT
    return f"its answer has no usable {'.'.join(str(part) for part in first['loc'])!r}"
