"""The command `techub` against the running system."""

import asyncio
import json
import os
import sys

from techub_devstack import samples
from techub_devstack.stack import Stack


async def techub(stack: Stack, *arguments: str) -> tuple[int, str, str]:
    """Run the command to its end and return exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "techub_cli",
        *arguments,
        env=os.environ | {"NATS_URL": stack.nats.url, "COLUMNS": "140"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, output.decode(), errors.decode()


async def test_run_and_status(stack: Stack) -> None:
    """An operator starts a run, waits for its end, and sees it as a timeline."""
    code, output, errors = await techub(stack, "pipeline", "run", samples.TINY, "--force", "--wait")
    assert code == 0, output + errors
    assert "capture:og" in output

    code, output, errors = await techub(stack, "pipeline", "status", samples.TINY, "--json")
    assert code == 0, errors
    run = json.loads(output)
    assert run["status"] == "success"
    assert run["trigger"] == "cli"
    assert run["notified"].get("delivered") is None


async def test_recipes(stack: Stack) -> None:
    """GitHub's numbers and the avatar are read again, without a picture of the card."""
    await techub(stack, "pipeline", "run", samples.POPULAR, "--wait")
    for recipe, avatar in (("github_sync", "skipped"), ("avatar_refresh", "completed")):
        run = ("pipeline", "run", samples.POPULAR, "--recipe", recipe, "--wait")
        code, output, errors = await techub(stack, *run)
        assert code == 0, output + errors

        _, output, _ = await techub(stack, "pipeline", "status", samples.POPULAR, "--json")
        shown = json.loads(output)
        steps = {step["name"]: step["status"] for step in shown["steps"]}
        assert (shown["recipe"], shown["status"]) == (recipe, "success")
        assert steps["pull_github_data"] == "completed"
        assert steps["download_github_avatar"] == avatar
        assert not [name for name in steps if name.startswith("capture:")]


async def test_a_failed_run_fails_the_command(stack: Stack) -> None:
    """Exit code 0 only when it worked."""
    code, output, errors = await techub(
        stack, "pipeline", "run", "nobody-by-any-name", "--wait", "--json"
    )

    assert code == 1, output + errors


async def test_a_refused_login(stack: Stack) -> None:
    """What the api refuses is one line with its reason."""
    code, _, errors = await techub(stack, "pipeline", "run", "not a login")

    assert code == 1
    assert "not a GitHub login" in errors


async def test_history(stack: Stack) -> None:
    """The tail shows what has been told, filtered, and leaves quietly when its reader does."""
    await techub(stack, "pipeline", "run", samples.ORGANISATION, "--wait")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "techub_cli",
        *("events", "tail", "--since", "1h", "--login", samples.ORGANISATION, "--json"),
        env=os.environ | {"NATS_URL": stack.nats.url},
        stdout=asyncio.subprocess.PIPE,
    )
    seen = []
    assert process.stdout is not None
    async with asyncio.timeout(30):
        async for line in process.stdout:
            event = json.loads(line)
            assert event["subject"].lower() == samples.ORGANISATION
            seen.append(event["type"])
            if event["type"].startswith("techub.pipeline.completed"):
                break
    process.terminate()
    await process.wait()

    assert seen[0] == "techub.pipeline.started.v1"
    assert "techub.asset.recorded.v1" in seen
