"""How the doctor's findings look, and which services one can name."""

import io
import json
from typing import Any

import pytest
import typer

from techub_cli import doctor
from techub_cli.screen import Screen
from techub_common.asks import EXAMINE
from techub_common.doctor import Finding, Report, State


def finding(state: State, seen: str = "fine", todo: str = "") -> Finding:
    """Return a finding about a store."""
    return Finding(name="store", state=state, duration_ms=12, seen=seen, todo=todo)


WELL = Report(service="api", replica="pod-1/1", version="0.1.0", findings=(finding(State.ok),))
BAD = Report(
    service="generator",
    replica="pod-2/1",
    version="0.1.0",
    findings=(finding(State.warn), finding(State.fail, "disk \x1b[31mfull", "Make room.")),
)


def shown(*reports: Report) -> str:
    """Return what is printed."""
    screen = Screen()
    screen.file = io.StringIO()
    doctor.show(screen, reports)
    return screen.file.getvalue()


def test_every_finding_has_a_line_and_what_to_do() -> None:
    """Service, replica and version head them; nothing that a terminal would obey is printed."""
    text = shown(WELL, BAD)

    assert "api  pod-1/1  0.1.0" in text
    assert "disk  [31mfull" in text
    assert "→ Make room." in text
    assert "\x1b[31m" not in text


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ([WELL], "1 replica, 1 check: all well"),
        ([WELL, BAD], "2 replicas, 3 checks: 1 failed, 1 to look at"),
        (
            [Report(service="api", findings=(finding(State.fail),))],
            "0 replicas, 1 check: 1 failed",
        ),
    ],
)
def test_the_last_line_counts(reports: list[Report], said: str) -> None:
    """How many replicas answered, and how much of it is bad."""
    assert doctor.summary(reports).plain == said


def test_json_has_everything() -> None:
    """States are said for each report and for all of it."""
    document: dict[str, Any] = json.loads(json.dumps(doctor.document_of([WELL, BAD], State.fail)))

    assert (document["ok"], document["state"]) == (False, "fail")
    assert [report["state"] for report in document["reports"]] == ["ok", "fail"]
    assert document["reports"][1]["findings"][1]["todo"] == "Make room."


def test_services_are_named_in_their_order() -> None:
    """Nobody named is everybody; a name that is none is refused, as is a count that is none."""
    assert doctor._services([]) == tuple(EXAMINE)
    assert doctor._services(["notifier", "api"]) == ("api", "notifier")
    assert dict(doctor._expected(["api=2", "optimizer=8"])) == {"api": 2, "optimizer": 8}
    for bad in ("gateway=1", "api", "api=", "api=two", "api=-1"):
        with pytest.raises(typer.BadParameter):
            dict(doctor._expected([bad]))
    with pytest.raises(typer.BadParameter):
        doctor._services(["gateway"])
