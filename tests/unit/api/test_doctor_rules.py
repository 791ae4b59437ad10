"""When operators hear that something fails, and that it works again."""

import pytest

from techub_api.doctor.rules import Standing, in_doubt, judged, outlived, worst_of
from techub_common.doctor import Finding, Report, State

NAME = ("api", "store")


def report(state: State, replica: str = "a") -> Report:
    """Return what a replica found with its store."""
    finding = Finding(name="store", state=state, duration_ms=1, seen=f"{replica} {state}")
    return Report(service="api", replica=replica, findings=(finding,))


def after(*states: State) -> tuple[Standing, list[str]]:
    """Return how the check stands after these probes, and what was told at each."""
    standing, told = Standing(), []
    for state in states:
        one = judged([report(state)], {NAME: standing})[NAME]
        standing = one.standing
        told.append(standing.state if one.is_news else "-")
    return standing, told


OK, WARN, FAIL = State.ok, State.warn, State.fail


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([OK, OK, OK], "- - -"),
        ([FAIL], "-"),
        ([FAIL, FAIL, FAIL], "- fail -"),
        ([FAIL, OK, FAIL, OK], "- - - -"),
        ([FAIL, FAIL, OK, FAIL, FAIL], "- fail - - -"),
        ([FAIL, FAIL, OK, OK, OK], "- fail - ok -"),
        ([WARN, WARN, WARN], "- - -"),
        ([FAIL, FAIL, WARN, WARN], "- fail - ok"),
    ],
)
def test_a_change_is_told_once_it_is_sure(states: list[State], told: str) -> None:
    """Two probes in a row have to say so; what only works less well counts as working."""
    assert after(*states)[1] == told.split()


def test_doubt_asks_for_another_probe() -> None:
    """What contradicts is looked at again soon, what is known is not."""
    assert in_doubt(judged([report(FAIL)], {}))
    assert not in_doubt(judged([report(OK)], {}))
    assert not in_doubt(judged([report(FAIL)], {NAME: Standing("fail")}))
    assert in_doubt(judged([report(OK)], {NAME: Standing("fail")}))


def test_the_worst_replica_counts() -> None:
    """One replica that cannot write is enough."""
    reports = [report(OK, "a"), report(FAIL, "b"), report(WARN, "c")]

    assert worst_of(reports)[NAME].seen == "b fail"


def test_a_check_that_is_made_no_more_is_forgotten() -> None:
    """A service that answers and leaves it out has given it up; one that is down has not."""
    known = [NAME, ("api", "gone"), ("generator", "github")]
    answers = Finding(name="answers", state=FAIL, duration_ms=1, seen="nobody answered")
    down = Report(service="generator", findings=(answers,))

    assert outlived([report(OK), down], known) == {("api", "gone")}
    assert outlived([down], known) == set()


def test_what_nobody_speaks_about_stands() -> None:
    """A service that is down says nothing of its store: no recovery is made up."""
    assert judged([Report(service="api")], {NAME: Standing("fail")}) == {}
