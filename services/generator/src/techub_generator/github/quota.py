"""How many requests GitHub still grants us, as its last answer said."""

from collections.abc import Awaitable, Callable
from typing import Final

import httpx
from prometheus_client import CollectorRegistry, Gauge

RESOURCES: Final = frozenset({"core", "graphql", "search"})

Noted = Callable[[httpx.Response], Awaitable[None]]


def quota(registry: CollectorRegistry) -> Noted:
    """Return what notes the quota of every answer it is given."""
    gauge = Gauge(
        "techub_github_quota_remaining",
        "Requests GitHub still grants in this window, by resource",
        ["resource"],
        registry=registry,
    )

    async def note(response: httpx.Response) -> None:
        remaining = response.headers.get("x-ratelimit-remaining", "")
        resource = response.headers.get("x-ratelimit-resource", "core")
        if remaining.isascii() and remaining.isdigit():
            gauge.labels(resource if resource in RESOURCES else "other").set(int(remaining))

    return note
