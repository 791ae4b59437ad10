"""What operators are told to type exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from techub_cli.__main__ import app

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs/runbook.md").read_text("utf-8")
COMMANDS = sorted(
    {
        found.strip()
        for found in re.findall(r"(?:^|`|\$ |-- )(techub [a-z][^`#\n]*)", RUNBOOK, re.MULTILINE)
        if not found.startswith("techub events tail`")
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_exists(command: str) -> None:
    """Every command and every option of the page is one that `techub` knows."""
    known: Any = typer.main.get_command(app)
    words = command.split()[1:]
    while words and words[0] in getattr(known, "commands", {}):
        known = known.commands[words.pop(0)]
    options = {name for each in known.params for name in each.opts + each.secondary_opts}

    assert not hasattr(known, "commands"), f"{command}: no such command"
    given = {word.strip("[]") for word in words if re.match(r"\[?--[a-z]", word)}
    assert given <= options


def test_make_knows_every_target() -> None:
    """Each `make …` of the page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", RUNBOOK))

    assert named
    assert named <= targets


def test_every_file_it_names_is_there() -> None:
    """Paths of the repository in the page exist."""
    paths = re.findall(r"`?((?:deploy|docs|tools)/[\w./-]+\.(?:py|json|yml|yaml|md|conf))", RUNBOOK)

    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
