"""How operators say what they want: moments, subjects, runs."""

from datetime import UTC, datetime, timedelta

import pytest

from techub_cli.subjects import matching
from techub_common import events
from techub_common.errors import Permanent
from techub_common.since import moment

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUBJECTS = [event.subject for event in events.ALL]


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("30s", timedelta(seconds=30)),
        ("10m", timedelta(minutes=10)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("2d", timedelta(days=2)),
        ("2026-11-23T11:00:00Z", timedelta(hours=1)),
        ("2026-11-23T13:30:00+02:00", timedelta(minutes=30)),
    ],
)
def test_since(text: str, ago: timedelta) -> None:
    """A moment is given as how long ago or as an ISO time."""
    assert NOW - ago == moment(text, NOW)


@pytest.mark.parametrize(
    "text", ["", "soon", "10", "m", "-5m", "9" * 30 + "d", "2026-13-01", "2026-11-23T13:00:00Z"]
)
def test_since_nonsense(text: str) -> None:
    """What is no moment, or none of the past, is refused with a sentence."""
    with pytest.raises(ValueError, match=r"is neither like|has not come yet|longer ago"):
        moment(text, NOW)


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["asset.recorded"], ["asset.recorded"]),
        (["card.*"], ["card.generated", "card.failed"]),
        (["notification.>", "stage.*"], ["stage.recorded", "notification.recorded"]),
        (["*.failed"], ["card.failed", "asset.failed", "pipeline.failed"]),
        ([">"], SUBJECTS),
        (["*.*"], SUBJECTS),
    ],
)
def test_patterns(patterns: list[str], found: list[str]) -> None:
    """A pattern means what NATS would hear with it."""
    assert found == matching(patterns, SUBJECTS)


@pytest.mark.parametrize("pattern", ["asset", "*", "asset.recorded.>", "a.b.c", "", "asset*"])
def test_patterns_for_nothing(pattern: str) -> None:
    """A pattern that no subject is like is an error that lists what there is."""
    with pytest.raises(Permanent, match=r"pipeline\.started, "):
        matching([pattern], SUBJECTS)
