"""`techub runs` against the running system."""

import json
from pathlib import Path

from techub_devstack import samples
from techub_devstack.stack import Stack
from tests.e2e.conftest import Person, steps_of
from tests.e2e.test_command import techub


async def test_a_run_is_taken_home(stack: Stack, person: Person, tmp_path: Path) -> None:
    """The folder holds what the ledger, the generator and the browser made, byte for byte."""
    run = await person.finished(samples.DEFAULT, force=True)
    folder = tmp_path / "deep" / "run"
    export = ("runs", "export", run["run_id"][:8], "--to", str(folder))
    code, output, errors = await techub(stack, *export, "--json")
    again = await techub(stack, *export)
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    story = json.loads(files["story.json"].read_text("utf-8"))
    pictures = [name for name in files if name.startswith("generated/")]

    assert code == 0, errors
    assert json.loads(output)["files"] == len(files)
    assert json.loads(files["run.json"].read_text())["id"] == run["run_id"]
    assert {line["data"].get("step") for line in story} >= steps_of(run).keys()
    assert f"runs/{run['run_id']}/generate_ai_profile.json" in files
    assert pictures
    for name in pictures:
        assert files[name].read_bytes() == (stack.objects / name).read_bytes()
    assert again[0] == 1
    assert "is there already" in again[2]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["run"]


async def test_two_runs_are_compared(stack: Stack, person: Person) -> None:
    """A full run and new pictures of its card differ in how they began and what they took."""
    full = await person.finished(samples.TINY, force=True)
    again = ("--recipe", "screenshot_refresh", "--variants", "og", "--force")
    code, output, errors = await techub(stack, "pipeline", "run", samples.TINY, *again, "--wait")
    assert code == 0, output + errors
    diff = ("runs", "diff", full["run_id"], samples.TINY)
    code, output, errors = await techub(stack, *diff, "--json")
    text = await techub(stack, *diff)
    found = json.loads(output)
    steps = {step["name"]: step["status"] for step in found["steps"]}

    assert code == 0, errors
    assert (found["ok"], found["same"]) == (True, False)
    assert found["a"] == full["run_id"] != found["b"]
    assert found["asked"]["options.recipe"] == [None, "screenshot_refresh"]
    assert found["asked"]["trigger"] == ["submit", "cli"]
    assert steps["capture:og"] == ["completed", "completed"]
    assert steps["pull_github_data"] == ["completed", None]
    assert found["pictures"]["card captured"][0]
    assert found["pictures"]["card captured"][1] is None
    assert text[0] == 0
    assert "options.recipe" in text[1]
    assert "screenshot_refresh" in text[1]


async def test_a_run_nobody_knows(stack: Stack) -> None:
    """A run that is not there cannot be taken home, and nothing is written."""
    code, _, errors = await techub(stack, "runs", "export", "ffffffff", "--json")

    assert code == 1
    assert "there is no run" in errors
