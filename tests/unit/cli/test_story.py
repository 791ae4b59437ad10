"""A run as it is followed: facts in any order, told any number of times."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from techub_cli.steps import Step, Story
from techub_common import events
from techub_common.events import StageStatus

OF: dict[str, Any] = {"run_id": uuid4(), "login": "ada"}


def stage(status: StageStatus, attempt: int = 1) -> events.StageRecorded:
    """Return a line of the story."""
    now = datetime.now(UTC)
    return events.StageRecorded(
        **OF, stage="pull", status=status, attempt=attempt, started_at=now, message="m"
    )


def test_a_fact_counts_once() -> None:
    """A fact told again shows nothing new; another attempt of the same step does."""
    story = Story()
    shown = [
        story.hear(event)
        for event in (
            stage(StageStatus.retrying),
            stage(StageStatus.retrying),
            stage(StageStatus.retrying, 2),
            stage(StageStatus.completed, 3),
        )
    ]

    assert [step and step.status for step in shown] == ["retrying", None, "retrying", "completed"]


def test_a_failure_is_shown_once() -> None:
    """A stage that says it failed, and the card that failed for it, are one line."""
    story = Story()
    failed = events.CardFailed(**OF, stage="pull", code="github_unavailable", message="Away.")
    first, second = story.hear(stage(StageStatus.failed)), story.hear(failed)

    assert Step("pull", "failed", None, "m") == first
    assert second is None
    assert Step("pull", "failed", None, "github_unavailable: Away.") == Story().hear(failed)


def test_what_is_under_way() -> None:
    """A step is under way from its first word to its last, and nothing is after the end."""
    story = Story()
    asked = [events.CaptureRequested(**OF, variant=name, view_key="k") for name in ("og", "card")]
    taken = events.AssetCaptured(
        **OF,
        kind="og",
        object_key="k",
        sha256="0",
        bytes=1,
        width=1,
        height=1,
        mime="image/png",
    )
    for event in (stage(StageStatus.started), *asked, stage(StageStatus.completed), taken):
        story.hear(event)

    assert story.under_way == ["capture:card", "optimize:og"]

    story.hear(events.PipelineCanceled(**OF, profile_id=uuid4(), by="ops", reason="r"))

    assert not story.under_way
    assert story.is_over
    assert story.outcome == ("canceled", 4)


def test_the_word_about_mails_may_come_first() -> None:
    """Order does not matter: a run is over once its end and who was told are known."""
    story = Story()
    story.hear(events.NotificationRecorded(**OF, event="completed", counts={}))

    assert story.ending is None

    end = events.PipelineCompleted(
        **OF,
        profile_id=uuid4(),
        trigger=events.Trigger.cli,
        notify=events.Notify.ops,
        duration_ms=1,
    )
    story.hear(end)

    assert story.is_over
    assert story.outcome == ("completed", 0)
