"""Schedules log nothing."""

from collections.abc import Iterator

import pytest
import structlog

from .__main__ import quiet


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """Let nobody log, and everybody after."""
    quiet()
    yield
    structlog.reset_defaults()
