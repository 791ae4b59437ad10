"""What operators are told to type exists, and what wakes them is measured."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from prometheus_client import CollectorRegistry

from techub_cli.__main__ import app
from techub_common.metrics import Metrics

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


def test_alerts_and_panels_ask_for_metrics_that_exist() -> None:
    """What Prometheus is asked for is what the services count, by its own name and labels."""
    registry = CollectorRegistry()
    Metrics(registry)
    known = {metric.name for metric in registry.collect()}
    text = "".join(
        path.read_text("utf-8")
        for path in (ROOT / "deploy/compose").rglob("*")
        if path.suffix in {".yml", ".json"}
    )
    counted = set(re.findall(r"\b(techub_[a-z_]+?)(?:_total|_bucket)?(?=[\[{)\" ])", text))
    source = "".join(path.read_text() for path in ROOT.glob("*/*/src/**/*.py"))

    for name in counted - known:
        assert name.removeprefix("techub_") in source or name in source, name


def test_dashboards_and_rules_are_what_their_readers_expect() -> None:
    """Every alert has a sentence, every panel a question to Prometheus."""
    [group] = yaml.safe_load((ROOT / "deploy/compose/alerts.yml").read_text())["groups"]
    dashboard = json.loads((ROOT / "deploy/compose/grafana/dashboards/techub.json").read_text())

    assert all(rule["annotations"]["summary"] and rule["expr"] for rule in group["rules"])
    assert all(panel["targets"][0]["expr"] for panel in dashboard["panels"])
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
