"""A run's waterfall: waiting apart from working, over one axis."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from techub_api.ops.anatomy import ACROSS, THINNEST, waterfall
from techub_api.runs.tables import Entry, Run, Step

START = datetime(2026, 11, 27, 3, tzinfo=UTC)


def at(milliseconds: int) -> datetime:
    """Return a moment of the run."""
    return START + timedelta(milliseconds=milliseconds)


def run(*, finished: int | None = 1000) -> Run:
    """Return a run that began at once."""
    ended = at(finished) if finished is not None else None
    return Run(id=uuid4(), created_at=START, started_at=START, finished_at=ended)


def step(name: str, status: str, **more: Any) -> Step:
    """Return a step."""
    known: dict[str, Any] = {"attempts": 1, "detail": {}, "code": None, "message": None}
    return Step(run_id=uuid4(), name=name, status=status, **(known | more))


def test_waiting_is_apart_from_working() -> None:
    """A step that waited a fifth and worked for two is drawn so."""
    one = step(
        "capture:og",
        "completed",
        queued_at=at(200),
        started_at=at(400),
        finished_at=at(800),
        duration_ms=400,
    )
    [bar] = waterfall(run(), [one], [], at(9999)).bars

    assert bar.waited is not None
    assert bar.worked is not None
    assert (bar.waited.x, bar.waited.width, bar.waited_ms) == (200.0, 200.0, 200)
    assert (bar.worked.x, bar.worked.width, bar.worked_ms) == (400.0, 400.0, 400)


def test_who_did_not_say_when_it_began() -> None:
    """The beginning follows from the end and how long it took."""
    one = step("optimize:og", "completed", queued_at=at(0), finished_at=at(1000), duration_ms=250)
    [bar] = waterfall(run(), [one], [], at(9999)).bars

    assert bar.worked is not None
    assert (bar.worked.x, bar.worked.width, bar.waited_ms) == (750.0, 250.0, 750)


def test_what_goes_on_ends_now() -> None:
    """Of an open run the axis ends now, and so does a step under way; one in line only waits."""
    going = step("pull_github_data", "started", queued_at=at(0), started_at=at(500))
    waits = step("capture:og", "waiting", queued_at=at(1000))
    fall = waterfall(run(finished=None), [going, waits], [], at(2000))

    assert fall.whole_ms == 2000
    assert fall.bars[0].worked is not None
    assert (fall.bars[0].worked.x, fall.bars[0].worked.width) == (250.0, 750.0)
    assert fall.bars[1].waited is not None
    assert (fall.bars[1].waited.x, fall.bars[1].waited.width) == (500.0, 500.0)
    assert fall.bars[1].worked_ms is None


def test_clocks_that_disagree() -> None:
    """A service whose clock is late never draws beyond the axis, nor a bar nobody sees."""
    early = step(
        "pull_github_data",
        "completed",
        queued_at=at(100),
        started_at=at(-50),
        finished_at=at(-49),
        duration_ms=1,
    )
    fall = waterfall(run(), [early], [], at(9999))
    [bar] = fall.bars

    assert bar.worked is not None
    assert bar.worked.x >= 0
    assert bar.worked.width >= THINNEST
    assert bar.worked.x + bar.worked.width <= ACROSS
    assert bar.waited is None


def test_one_row_per_step_with_its_tries() -> None:
    """Lines of the story are tries of their step, in order; other lines are none."""
    lines = [
        Entry(run_id=uuid4(), at=at(number), kind=kind, data=data)
        for number, (kind, data) in enumerate(
            [
                ("started", {"login": "pip"}),
                ("step", {"step": "capture:og", "status": "retrying", "attempt": 1, "code": "a"}),
                ("step", {"step": "capture:og", "status": "failed", "attempt": 2, "code": "b"}),
                ("step", {"step": "capture:card", "status": "completed", "attempt": 1}),
            ]
        )
    ]
    one = step("capture:og", "failed", attempts=2, finished_at=at(900))
    [bar] = waterfall(run(), [one], lines, at(9999)).bars

    assert [(each.status, each.attempt, each.code) for each in bar.tries] == [
        ("retrying", 1, "a"),
        ("failed", 2, "b"),
    ]
    assert bar.may_repeat
