"""Charts as shapes."""

from datetime import UTC, datetime, timedelta

from techub_api.ops.listing import Hour
from techub_api.ops.shapes import TALL, bars_of_hours, line_through, share

START = datetime(2026, 11, 27, tzinfo=UTC)


def test_bars_stand_on_the_ground() -> None:
    """The parts of an hour stand on each other; the busiest hour fills the chart."""
    hours = [Hour(START, {}), Hour(START + timedelta(hours=1), {"success": 3, "failure": 1})]
    bars = bars_of_hours(hours)
    success, failure = bars.blocks

    assert bars.most == 4
    assert (success.y + success.height, failure.y + failure.height) == (TALL, success.y)
    assert success.height + failure.height == TALL
    assert failure.title == "01:00 failure: 1"


def test_one_failure_of_many_is_seen() -> None:
    """A single failure among a thousand is two units high at least."""
    [_, failure] = bars_of_hours([Hour(START, {"success": 1000, "failure": 1})]).blocks

    assert failure.height == 2.0


def test_lines_and_shares() -> None:
    """A line needs two values; a share is of what has ended."""
    assert line_through([1.0]) == ""
    assert line_through([0.0, 4.0], width=10, height=12) == "0.0,11.0 10.0,1.0"
    assert share({"success": 3, "failure": 1, "running": 9}, "failure") == 25.0
    assert share({"running": 9}, "failure") is None
