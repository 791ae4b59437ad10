"""What the page shows of probes."""

from datetime import UTC, datetime, timedelta

from techub_api.doctor.board import BARS, WIDTH, Past, bars_of, board_of
from techub_api.doctor.queries import Moment, Probed
from techub_api.ops.doctor import spoken
from techub_common.doctor import Finding, Report, State

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
DAY = NOW - timedelta(days=1)
OK, WARN, FAIL = State.ok, State.warn, State.fail


def moment(minutes_ago: int, state: State) -> Moment:
    """Return how a check was so long ago."""
    return Moment(NOW - timedelta(minutes=minutes_ago), state)


def report(service: str, replica: str, **states: State) -> Report:
    """Return what a replica found."""
    found = [
        Finding(name=name, state=state, duration_ms=1, seen=replica)
        for name, state in states.items()
    ]
    return Report(service=service, replica=replica, findings=tuple(found))


def test_a_bar_is_the_worst_of_its_part() -> None:
    """Half an hour of a day is one bar; one without a probe has none, what is older is left out."""
    bars = bars_of(
        [moment(2000, FAIL), moment(61, OK), moment(32, FAIL), moment(31, OK), moment(0, WARN)],
        DAY,
        NOW,
    )

    assert [(bar.x // WIDTH, bar.state) for bar in bars] == [
        (BARS - 3, OK),
        (BARS - 2, FAIL),
        (BARS - 1, WARN),
    ]
    assert bars[-1].since == NOW - timedelta(minutes=30)


def test_the_worst_is_on_top_and_each_check_there_once() -> None:
    """However many replicas there are: the worst of them speaks for a check."""
    reports = [
        report("notifier", "n", nats=OK),
        report("generator", "g", nats=OK),
        report("api", "a", store=OK, clock=WARN),
        report("api", "b", store=FAIL, clock=WARN),
    ]
    past = Past({}, {("api", "store"): DAY}, 24, NOW)
    board = board_of(Probed(NOW, FAIL, 1, reports), past, 300.0)
    api = board.services[0]

    named = [(service.name, service.state) for service in board.services]
    assert named == [("api", FAIL), ("generator", OK), ("notifier", OK)]
    assert [(row.finding.name, row.finding.state, row.replicas) for row in api.rows] == [
        ("store", FAIL, ["b"]),
        ("clock", WARN, ["a", "b"]),
    ]
    assert api.rows[0].failing_since == DAY
    assert (board.failing, board.warning, board.is_stale) == (1, 1, False)


def test_when_nobody_probes_any_more() -> None:
    """What is three turns old is old, and anything is where probes are switched off."""
    old = Probed(NOW - timedelta(seconds=901), OK, 1, [])
    past = Past({}, {}, 24, NOW)

    assert board_of(old, past, 300.0).is_stale
    assert not board_of(old, past, 600.0).is_stale
    assert board_of(Probed(NOW, OK, 1, []), past, 0.0).is_stale


def test_a_pause_is_said_as_people_do() -> None:
    """Seconds below a minute, minutes above, nothing for never."""
    assert [spoken(one) for one in (0.0, 30.0, 300.0, 90.0)] == ["", "30 s", "5 min", "1.5 min"]
