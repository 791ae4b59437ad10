"""The command line itself."""

import pytest
from typer.testing import CliRunner

from techub_cli.__main__ import app
from techub_cli.connection import Server

runner = CliRunner(env={"NATS_URL": None, "NATS_CREDS": None, "TERMINAL_WIDTH": "100"})


def test_version() -> None:
    """`--version` names the command and its version."""
    shown = runner.invoke(app, ["--version"])

    assert shown.exit_code == 0
    assert shown.output.startswith("techub 0.")


def test_exit_codes_are_documented() -> None:
    """The help says how a run that was waited for ends the command."""
    text = " ".join(runner.invoke(app, ["pipeline", "run", "--help"]).output.split())

    for code in ("0 completed", "1 failed", "3 partial", "4 canceled"):
        assert code in text


@pytest.mark.parametrize(
    "command",
    [
        ["events", "tail"],
        ["pipeline", "status", "ada"],
        ["pipeline", "cancel", "ada"],
        ["pipeline", "retry", "ada"],
        ["screenshots", "capture", "ada", "og"],
        ["screenshots", "capture-all", "ada", "--all"],
        ["dead", "list"],
        ["dead", "replay", "--all"],
    ],
)
def test_no_address(command: list[str]) -> None:
    """Without NATS_URL the setting is named, on one line, with 1; as JSON too."""
    shown = runner.invoke(app, [*command, "--json"])

    assert shown.exit_code == 1
    assert shown.stderr == "techub: NATS_URL is not set; set it or give --server nats://host:4222\n"
    assert shown.stdout.startswith('{"ok": false, "code": "setting_missing", ')


def test_no_credentials() -> None:
    """A file of credentials that is not there is named."""
    options = ["--server", "nats://127.0.0.1:1", "--creds", "/nowhere.creds"]
    shown = runner.invoke(app, [*options, "events", "tail"])

    assert shown.exit_code == 1
    assert "names /nowhere.creds, which is not a file" in shown.stderr


def test_misuse() -> None:
    """A moment that is none is a mistake of the command line: 2."""
    shown = runner.invoke(app, ["events", "tail", "--since", "yesterday"])

    assert shown.exit_code == 2
    assert "'yesterday' is neither like 10m" in " ".join(shown.output.split())


@pytest.mark.parametrize("command", ["replay", "drop"])
@pytest.mark.parametrize("which", [[], ["1", "--all"], ["1", "--code", "x"], ["--code", "x"]])
def test_which_letters_is_said_clearly(command: str, which: list[str]) -> None:
    """Letters are named by their numbers or by --all with filters, never by accident: else 2."""
    shown = runner.invoke(app, ["dead", command, *which])

    assert shown.exit_code == 2
    assert "give either numbers, or --all" in " ".join(shown.output.split())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://ops:secret@nats:4222", "nats://nats:4222"),
        ("nats:4222", "nats:4222"),
        ("ops:p@ss@nats:4222", "nats:4222"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    """An address is shown without who we are there."""
    assert shown == Server(url).shown
