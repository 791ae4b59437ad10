"""What two runs differ in, and where files of a snapshot may lie."""

from pathlib import Path
from typing import Any

import pytest

from techub_cli.comparing import Known, compared
from techub_cli.comparison import drawn
from techub_cli.screen import Screen
from techub_cli.snapshots import placed
from techub_common.errors import Permanent


def known(**changes: Any) -> Known:
    """Return a run as it is read, changed."""
    run = {
        "id": "1",
        "login": "pip",
        "status": "success",
        "trigger": "submit",
        "options": {"variants": None, "force": False},
        "policy": {"ai_text": True},
        "degradations": [],
    }
    steps = [
        {"name": "pull_github_data", "status": "completed", "duration_ms": 300, "attempts": 1},
        {"name": "capture:og", "status": "completed", "duration_ms": 800, "attempts": 1},
    ]
    pictures = [{"kind": "og", "capture": {"sha256": "a" * 64}}, {"kind": "card", "capture": None}]
    card = {"traits": {"title": "Sage", "tags": ["a"]}, "provenance": {"provider": "vertex"}}
    names = (f"generated/pip/og-{'b' * 12}.webp", "runs/1/view.json")
    return Known(
        run=run | changes.get("run", {}),
        steps=tuple(changes.get("steps", steps)),
        pictures=tuple(changes.get("pictures", pictures)),
        card=changes.get("card", card),
        names=changes.get("names", names),
    )


def test_the_same_run_twice() -> None:
    """Two runs that came to the same differ in nothing, whatever time they took."""
    slower = known(steps=[dict(step) | {"duration_ms": 9000} for step in known().steps])
    found = compared(known(), slower)

    assert found.is_same
    assert found.same_pictures == 2
    assert [step.duration_ms for step in found.steps] == [(300, 9000), (800, 9000)]


def test_every_kind_of_difference() -> None:
    """Options, outcome, steps, traits and pictures are told apart, each with both sides."""
    other = known(
        run={
            "options": {"variants": ["og"], "force": False},
            "status": "partial_success",
            "degradations": [{"stage": "x", "reason": "gone"}],
        },
        steps=[
            {"name": "pull_github_data", "status": "completed", "duration_ms": 1, "attempts": 3},
            {"name": "optimize:og", "status": "failed", "attempts": 5},
        ],
        pictures=[{"kind": "og", "capture": {"sha256": "c" * 64}}],
        card={
            "traits": {"title": "Rogue", "tags": ["a"]},
            "provenance": {"provider": "heuristics"},
        },
        names=(f"generated/pip/og-{'d' * 12}.webp", f"generated/pip/og-{'d' * 12}.png"),
    )
    found = compared(known(), other)

    assert not found.is_same
    assert found.asked == {"options.variants": (None, ["og"])}
    assert found.outcome["status"] == ("success", "partial_success")
    assert found.outcome["degradations"] == ([], [{"stage": "x", "reason": "gone"}])
    assert {step.name: step.status for step in found.steps if not step.is_same} == {
        "pull_github_data": ("completed", "completed"),
        "capture:og": ("completed", None),
        "optimize:og": (None, "failed"),
    }
    assert found.traits == {
        "title": ("Sage", "Rogue"),
        "written by provider": ("vertex", "heuristics"),
    }
    assert found.pictures == {
        "og captured": ("a" * 12, "c" * 12),
        "og.webp": ("b" * 12, "d" * 12),
        "og.png": (None, "d" * 12),
    }


def test_without_a_card() -> None:
    """A run that made no card is compared all the same."""
    found = compared(known(card=None), known())

    assert found.traits["title"] == (None, "Sage")


def test_what_is_drawn_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing a profile says reaches the terminal as a command."""
    hostile = "\x1b]0;gone\x07[red]x[/red]"
    one, other = known(), known(run={"login": hostile}, card={"traits": {"title": hostile}})
    Screen().print(drawn(one, other, compared(one, other)))
    out = capsys.readouterr().out

    assert "\x1b" not in out
    assert "[red]x[/red]" in out
    assert "capture:og" in out


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "runs/../../x", "a\x00b", "a\nb"])
def test_files_lie_below_the_folder(name: str) -> None:
    """The api cannot have anything written elsewhere."""
    with pytest.raises(Permanent, match="no place below a folder"):
        placed(Path("here"), name)

    assert placed(Path("here"), "runs/1/view.json") == Path("here/runs/1/view.json")
