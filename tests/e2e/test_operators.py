"""Operators against the running system: pictures again, a retry, a cancel, and no dead letters."""

import json
from typing import Any
from uuid import uuid4

from techub_devstack import samples
from techub_devstack.stack import Stack
from tests.e2e.conftest import Person, steps_of
from tests.e2e.test_command import techub


async def status(stack: Stack, what: str) -> dict[str, Any]:
    """Return a run as the command shows it."""
    code, output, errors = await techub(stack, "pipeline", "status", what, "--json")
    assert code == 0, errors
    run: dict[str, Any] = json.loads(output)
    return run


async def test_pictures_again(stack: Stack, person: Person) -> None:
    """A screenshot refresh takes the pictures of the last card again and mails nobody."""
    full = await person.finished(samples.TINY)
    mails = await person.mails()
    recipe = ("--recipe", "screenshot_refresh", "--variants", "og,card", "--force")
    code, output, errors = await techub(stack, "pipeline", "run", samples.TINY, *recipe, "--wait")
    assert code == 0, output + errors

    run = await status(stack, samples.TINY)
    assert (run["recipe"], run["status"]) == ("screenshot_refresh", "success")
    assert {picture["variant"] for picture in run["pictures"]} == {"og", "card"}
    assert "pull_github_data" not in steps_of(run)
    assert run["run_id"] != full["run_id"]
    assert await person.mails() == mails


async def test_nothing_has_changed(stack: Stack, person: Person) -> None:
    """Pictures of a card on which nothing has changed are kept, and the run is over at once."""
    full = await person.finished(samples.POPULAR)
    code, output, errors = await techub(stack, "screenshots", "capture-all", samples.POPULAR)
    assert code == 0, output + errors

    run = await status(stack, samples.POPULAR)
    assert run["run_id"] != full["run_id"]
    taken = {name: status for name, status in steps_of(run).items() if ":" in name}
    assert taken == dict.fromkeys(("capture:og", "capture:card", "capture:simple"), "skipped")


async def test_a_refresh_waits_its_turn(stack: Stack) -> None:
    """A refresh is put in line, admitted by the sweep, and runs to its end."""
    code, output, errors = await techub(
        stack, "pipeline", "run", samples.ORGANISATION, "--refresh", "--wait"
    )

    assert code == 0, output + errors
    assert (await status(stack, samples.ORGANISATION))["trigger"] == "refresh"


async def test_retry_and_cancel(stack: Stack) -> None:
    """A failed run is repeated as a run of its own; one that is over cannot be called off."""
    login = f"nobody-{uuid4().hex[:8]}"
    first, _, _ = await techub(stack, "pipeline", "run", login, "--wait")
    failed = await status(stack, login)
    again, _, _ = await techub(stack, "pipeline", "retry", login, "--wait")
    repeated = await status(stack, login)
    cancel, _, complaint = await techub(stack, "pipeline", "cancel", login)

    assert (first, again, cancel) == (1, 1, 1)
    assert repeated["parent_run_id"] == failed["run_id"]
    assert "is over already: failure" in complaint


async def test_dead_letters_of_a_closed_run(stack: Stack) -> None:
    """What the generator gave up is in the list, and its replay starts a retry of the run."""
    login = f"nobody-{uuid4().hex[:8]}"
    await techub(stack, "pipeline", "run", login, "--wait")
    failed = await status(stack, login)
    _, listed, _ = await techub(stack, "dead", "list", "--login", login, "--json")
    [letter] = json.loads(listed)["letters"]
    code, output, errors = await techub(stack, "dead", "replay", str(letter["number"]), "--yes")
    _, left, _ = await techub(stack, "dead", "list", "--run", failed["run_id"], "--json")

    assert letter["code"] == "github_login_unknown"
    assert code == 0, output + errors
    assert json.loads(left)["letters"] == []
    assert (await status(stack, login))["parent_run_id"] == failed["run_id"]
