"""Stages run once, keep their result, tell their story, and know where they failed."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import BaseModel

from techub_common.errors import Away, Permanent, Transient
from techub_common.events import (
    CardFailed,
    Event,
    ModelCall,
    Options,
    PipelineStarted,
    StageRecorded,
    StageStatus,
    Trigger,
)
from techub_common.storage import FolderStore
from techub_generator.failures import StageFailed
from techub_generator.handlers import gave_up, retried
from techub_generator.stages import DESCRIPTION, LEFT_OUT, SUBMITTED, Done, Paid, Run

ASKED = ModelCall(provider="ai_studio", model="m", outcome="answered", tokens_in=3)
RUN = UUID("00000000-0000-4000-8000-000000000001")


class Answer(BaseModel):
    """A stage's result."""

    figure: int


def started(**options: tuple[str, ...]) -> PipelineStarted:
    """Return a run that begins."""
    return PipelineStarted(
        run_id=RUN,
        login="ADA",
        profile_id=RUN,
        trigger=Trigger.submit,
        options=Options(**options),
    )


class Told(list[Event]):
    """Hears what is told."""

    async def __call__(self, event: Event) -> None:
        """Take it down."""
        self.append(event)

    def story(self) -> list[tuple[str, str, int]]:
        """Return the lines of the story as stage, status and attempt."""
        lines = [event for event in self if isinstance(event, StageRecorded)]
        return [(line.stage, str(line.status), line.attempt) for line in lines]


@pytest.fixture
def told() -> Told:
    """Hear everything."""
    return Told()


@pytest.fixture
def run(tmp_path: Path, told: Told) -> Callable[..., Run]:
    """Make an attempt at the run."""

    def make(attempt: int = 1, event: PipelineStarted | None = None) -> Run:
        return Run(event or started(), attempt, FolderStore(tmp_path), told)

    return make


def answering(
    figure: int, calls: list[int], lost: str | None = None
) -> Callable[[], Awaitable[Done[Answer]]]:
    """Return work that counts how often it is done."""

    async def work() -> Done[Answer]:
        calls.append(figure)
        return Done(Answer(figure=figure), "Counted.", lost)

    return work


def failing(error: Exception) -> Callable[[], Awaitable[Done[Answer]]]:
    """Return work that fails."""

    async def work() -> Done[Answer]:
        raise error

    return work


async def test_once(run: Callable[..., Run], told: Told) -> None:
    """A finished stage is not repeated; the very same line is told again."""
    calls: list[int] = []
    first = await run().stage("count", Answer, answering(42, calls))
    second_run = run(attempt=2)
    second = await second_run.stage("count", Answer, answering(7, calls))

    assert first == second == Answer(figure=42)
    assert calls == [42]
    ended = ("count", "completed", 1)
    assert told.story() == [("count", "started", 1), ended, ended]
    assert told[1].id == told[2].id
    assert second_run.artifacts == {"count": f"runs/{RUN}/count.json"}


async def test_degraded(run: Callable[..., Run], told: Told) -> None:
    """What a stage lost is still known after a restart."""
    for attempt in (1, 2):
        again = run(attempt)
        await again.stage("count", Answer, answering(42, [], lost="Some were missing."))

        assert [one.reason for one in again.degradations] == ["Some were missing."]
    assert ("count", "degraded", 1) in told.story()


@pytest.mark.parametrize(
    ("options", "skipped"),
    [
        ({}, False),
        ({"only_stages": ("count",)}, False),
        ({"only_stages": ("other",)}, True),
        ({"skip_stages": ("count",)}, True),
        ({"only_stages": ("count",), "skip_stages": ("count",)}, True),
    ],
)
async def test_options(
    run: Callable[..., Run], told: Told, options: dict[str, tuple[str, ...]], skipped: bool
) -> None:
    """A stage that is left out is told as skipped and leaves nothing behind."""
    calls: list[int] = []
    attempt = run(event=started(**options))
    result = await attempt.stage("count", Answer, answering(42, calls))

    assert (result is None) is skipped
    assert (calls == []) is skipped
    if skipped:
        assert told.story() == [("count", "skipped", 1)]
        assert told[0].model_dump()["message"] == LEFT_OUT
        assert attempt.artifacts == {}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Permanent("No.", code="no", detail={"why": "not"}), "no"),
        (Transient("Later.", code="later", retry_after=7), "later"),
        (TimeoutError(), "timed_out"),
        (ZeroDivisionError("a bug"), "unexpected"),
    ],
)
async def test_failures_know_their_place(
    run: Callable[..., Run], told: Told, error: Exception, code: str
) -> None:
    """Whatever goes wrong, the last word says at which stage and what was known by then."""
    attempt = run()
    await attempt.stage("first", Answer, answering(1, []))
    attempt.identify(1815, "ada")
    with pytest.raises(StageFailed) as raised:
        await attempt.stage("second", Answer, failing(error))
    last = gave_up(attempt.event, raised.value, 3)

    assert (last.stage, last.code, last.github_id) == ("second", code, 1815)
    assert (last.login, last.artifacts) == ("ada", {"first": f"runs/{RUN}/first.json"})
    assert last.detail == getattr(error, "detail", {})
    assert getattr(raised.value, "retry_after", None) == getattr(error, "retry_after", None)
    assert (("second", "failed", 1) in told.story()) is isinstance(error, Permanent)
    assert "bug" not in last.message


async def test_failures_know_what_was_asked(run: Callable[..., Run]) -> None:
    """What models were asked is told of a run without a card too, whichever attempt asked it."""

    async def described() -> Done[Paid]:
        return Done(Paid(calls=(ASKED,)), "Described.")

    attempt = run()
    assert await attempt.stage(DESCRIPTION, Paid, described) is not None
    with pytest.raises(StageFailed) as raised:
        await attempt.stage(SUBMITTED, Answer, failing(Transient("Later.", code="later")))
    assert gave_up(attempt.event, raised.value, 1).calls == (ASKED,)

    again = run(attempt=3)  # it does not come to what the first attempt has done
    with pytest.raises(StageFailed) as raised:
        await again.stage(SUBMITTED, Answer, failing(Transient("Later.", code="later")))
    last = gave_up(again.event, raised.value, 3)

    assert last.calls == (ASKED,)
    assert last.artifacts == {DESCRIPTION: f"runs/{RUN}/{DESCRIPTION}.json"}


async def test_retried(run: Callable[..., Run]) -> None:
    """The line between two tries names the stage, the attempt and the reason."""
    attempt = run()
    with pytest.raises(StageFailed) as raised:
        await attempt.stage("second", Answer, failing(Transient("Later.", code="later")))
    line = retried(attempt.event, raised.value, 2)

    assert line is not None
    assert (line.stage, line.status, line.attempt) == ("second", StageStatus.retrying, 2)
    assert line.message == "Later."


async def test_ours_away_is_not_a_failure(run: Callable[..., Run], told: Told) -> None:
    """What is ours and away is waited for: no stage failed."""
    with pytest.raises(Away):
        await run().stage("count", Answer, failing(Away("The store is away.")))

    assert told.story() == [("count", "started", 1)]


def test_gave_up_without_a_place() -> None:
    """An error from outside every stage still ends the run."""
    last = gave_up(started(), Permanent("Too large.", code="event_too_large"), 1)

    assert isinstance(last, CardFailed)
    assert (last.code, last.login, last.github_id) == ("event_too_large", "ADA", None)


async def test_unreadable_artifact(run: Callable[..., Run], tmp_path: Path) -> None:
    """An artifact nobody can read is as good as none."""
    calls: list[int] = []
    (tmp_path / "runs" / str(RUN)).mkdir(parents=True)
    for content in ("not json", "[]", "{}", '{"recorded": {}}'):
        (tmp_path / "runs" / str(RUN) / "count.json").write_text(content)
        await run().stage("count", Answer, answering(42, calls))

    assert len(calls) == 4
