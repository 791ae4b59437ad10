"""How many requests GitHub still grants us, as its last answer to each credential said."""

from collections.abc import Callable
from typing import Final

import httpx
from prometheus_client import CollectorRegistry, Gauge

RESOURCES: Final = frozenset({"core", "graphql", "search"})

Noted = Callable[[httpx.Headers, str], None]


def quota(registry: CollectorRegistry) -> Noted:
    """Return what notes the quota of every answer, with the credential that asked."""
    gauge = Gauge(
        "techub_github_quota_remaining",
        "Requests GitHub still grants in this window, by resource and credential",
        ["resource", "credential"],
        registry=registry,
    )

    def note(headers: httpx.Headers, credential: str) -> None:
        remaining = headers.get("x-ratelimit-remaining", "")
        resource = headers.get("x-ratelimit-resource", "core")
        if remaining.isascii() and remaining.isdigit():
            known = resource if resource in RESOURCES else "other"
            gauge.labels(known, credential).set(int(remaining))

    return note
