"""Waiting is told from lost by sequences, without a broker."""

from datetime import UTC, datetime, timedelta

import pytest

from techub_api.sweep.watching import HOPS, RoadState, Told, Verdict, Watch
from techub_common import events

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def road(last: int, **floors: int) -> RoadState:
    """Return a road on which consumers not named have settled everything."""
    names = ("generator", "screenshotter", "optimizer", "ledger", "notifier")
    return RoadState(THEN, last, {name: floors.get(name, last) for name in names})


def told(subject: str = "capture.requested", sequence: int = 10, tell: int = 0) -> Told:
    """Return a fact told after the stream was created."""
    return Told(subject, sequence, tell, THEN + timedelta(seconds=1))


def test_waiting_in_its_own_consumer() -> None:
    """What its consumer has not settled is on its way, however long that takes."""
    watch = Watch()

    verdicts = {watch.observe(told(), road(50, screenshotter=9), now) for now in (0, 60, 9999)}

    assert verdicts == {Verdict.waiting}


def test_waiting_further_down() -> None:
    """Settled by its consumer, the effect may still wait at every later hop."""
    watch = Watch()

    assert watch.observe(told(), road(50, optimizer=40), 0) is Verdict.waiting
    assert watch.observe(told(), road(90, optimizer=49), 100) is Verdict.waiting
    assert watch.observe(told(), road(95, optimizer=60, ledger=94), 200) is Verdict.waiting
    assert watch.observe(told(), road(99, ledger=95), 300) is Verdict.quiet


def test_lost_after_thirty_quiet_seconds() -> None:
    """When every hop is over and nothing came of it, it is told again after 30 s."""
    watch = Watch()

    verdicts = [watch.observe(told(), road(50), now) for now in (0.0, 29.0, 30.0)]

    assert verdicts == [Verdict.quiet, Verdict.quiet, Verdict.lost]


@pytest.mark.parametrize(("tell", "pause"), [(1, 60), (2, 120), (3, 240), (20, 3600)])
def test_patience_doubles(tell: int, pause: float) -> None:
    """Further tells come after 1, 2, 4 … minutes, at most hourly."""
    watch = Watch()

    assert watch.observe(told(tell=tell), road(50), 0) is Verdict.quiet
    assert watch.observe(told(tell=tell), road(50), pause - 1) is Verdict.quiet
    assert watch.observe(told(tell=tell), road(50), pause) is Verdict.lost


def test_a_lost_stream_is_not_waited_for() -> None:
    """A sequence the stream does not have, or a younger stream, means lost now."""
    young = RoadState(THEN + timedelta(hours=1), 50, road(50).floors)

    assert Watch().observe(told(sequence=51), road(50), 0) is Verdict.lost
    assert Watch().observe(told(sequence=10), young, 0) is Verdict.lost
    assert Watch().observe(told(sequence=10, tell=1), young, 0) is Verdict.quiet


def test_every_fact_of_the_api_has_hops() -> None:
    """Whatever the api tells and waits for has a way to be watched."""
    waited_for = {event.subject for event in (events.PipelineStarted, events.CaptureRequested)}
    waited_for |= {
        event.subject
        for event in (events.PipelineCompleted, events.PipelinePartial, events.PipelineFailed)
    }

    assert set(HOPS) == waited_for
