"""Profiles to judge and to write about."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from techub_generator.profile import Activity, GitHubProfile, Repository

READ_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def repository() -> Callable[..., Repository]:
    """Make a repository of ada, pushed to yesterday unless told otherwise."""

    def make(name: str = "engine", **facts: Any) -> Repository:
        pushed = {"pushed_at": READ_AT - timedelta(days=1)}
        return Repository(**{"name": name, "full_name": f"ada/{name}", **pushed, **facts})

    return make


@pytest.fixture
def profile() -> Callable[..., GitHubProfile]:
    """Make a profile of ada: ten years old, otherwise with nothing to show."""

    def make(**facts: Any) -> GitHubProfile:
        plain = {
            "id": 1815,
            "login": "ada",
            "created_at": READ_AT - timedelta(days=3653),
            "read_at": READ_AT,
            "activity": Activity(),
        }
        return GitHubProfile(**{**plain, **facts})

    return make
