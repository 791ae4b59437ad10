"""What the story says when a picture fails."""

from uuid import uuid4

import pytest

from techub_common.errors import Permanent, Transient
from techub_common.events import AssetFailed, CaptureRequested, PipelineStarted, StageRecorded
from techub_screenshotter.handlers import gave_up, retried

WANTED = CaptureRequested(run_id=uuid4(), login="ada", variant="og", view_key="runs/x/view.json")
STRANGER = PipelineStarted.model_construct(run_id=uuid4(), login="ada")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Permanent("no", code="unknown_variant"), "unknown_variant"),
        (Transient("gone", code="chromium_failed"), "chromium_failed"),
        (TimeoutError(), "timed_out"),
        (ZeroDivisionError(), "unexpected"),
    ],
)
def test_gave_up(error: Exception, code: str) -> None:
    """A picture that is given up is told as a failed capture with its code."""
    told = gave_up(WANTED, error, 5)

    assert isinstance(told, AssetFailed)
    assert (told.kind, told.stage, told.code, told.attempts) == ("og", "capture", code, 5)
    assert told.run_id == WANTED.run_id


def test_retried() -> None:
    """A picture that will be tried again leaves a line in the story, one per attempt."""
    error = Transient("mail ada@example.org", code="chromium_failed")

    first, second = retried(WANTED, error, 1), retried(WANTED, error, 2)

    assert isinstance(first, StageRecorded)
    assert isinstance(second, StageRecorded)
    assert (first.stage, first.status, first.attempt) == ("capture:og", "retrying", 1)
    assert first.message == "mail [address]"
    assert first.id != second.id


def test_other_events() -> None:
    """Nothing is said about events that are not requests for pictures."""
    assert gave_up(STRANGER, ValueError(), 1) is None
    assert retried(STRANGER, ValueError(), 1) is None
