"""GitHub's quota, as its answers say."""

import httpx
import pytest
from prometheus_client import CollectorRegistry

from techub_generator.github.quota import quota


@pytest.mark.parametrize(
    ("headers", "resource", "expected"),
    [
        ({"x-ratelimit-remaining": "4987", "x-ratelimit-resource": "core"}, "core", 4987),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-resource": "graphql"}, "graphql", 0),
        ({"x-ratelimit-remaining": "12", "x-ratelimit-resource": "pip"}, "other", 12),
        ({"x-ratelimit-remaining": "many"}, "core", None),
        ({}, "core", None),
    ],
)
def test_the_last_answer_counts(
    headers: dict[str, str], resource: str, expected: float | None
) -> None:
    """The gauge holds what the last answer said; an answer that says nothing changes nothing."""
    registry = CollectorRegistry()
    quota(registry)(httpx.Headers(headers), "token-1")

    labels = {"resource": resource, "credential": "token-1"}
    assert registry.get_sample_value("techub_github_quota_remaining", labels) == expected
