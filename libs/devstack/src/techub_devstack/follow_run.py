"""Follows a run's server-sent events as a person's browser would, over restarts of the api."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Line:
    """One event of the stream."""

    id: str
    kind: str
    data: dict[str, Any]


async def lines_of(http: httpx.AsyncClient, events_url: str) -> AsyncIterator[Line]:
    """Yield the lines of a run's story until its end, connecting again when the api goes away."""
    last = ""
    while True:
        try:
            async with http.stream(
                "GET", events_url, headers={"Last-Event-ID": last} if last else {}, timeout=60
            ) as answer:
                answer.raise_for_status()
                async for line in _parsed(answer):
                    if line.kind == "end":
                        return
                    last = line.id or last
                    yield line
        except httpx.HTTPError:
            await asyncio.sleep(0.2)


async def _parsed(answer: httpx.Response) -> AsyncIterator[Line]:
    fields: dict[str, str] = {}
    async for text in answer.aiter_lines():
        if text:
            name, _, value = text.partition(": ")
            fields[name] = value
        elif fields:
            if "event" in fields:
                data = json.loads(fields.get("data", "{}"))
                yield Line(fields.get("id", ""), fields["event"], data)
            fields = {}
