"""What Prometheus and Grafana are asked for is counted, and every promise is watched."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client import CollectorRegistry

from techub_api.metrics import OpenRuns
from techub_api.spending.gauges import SpentToday
from techub_common.backlog import Backlog
from techub_common.metrics import Metrics
from techub_generator.github.quota import quota
from techub_notifier.metrics import Mails
from techub_screenshotter.metrics import browser_metrics

ROOT = Path(__file__).parents[2]
GROUPS = yaml.safe_load((ROOT / "deploy/compose/alerts.yml").read_text("utf-8"))["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
DASHBOARD = json.loads((ROOT / "deploy/compose/grafana/dashboards/techub.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUESTIONS = [
    *((rule["alert"], rule["expr"]) for rule in RULES),
    *((panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]),
]
IDS = [f"{number} {title}" for number, (title, _) in enumerate(QUESTIONS)]
OF_THE_SCRAPE = {"job", "instance", "service"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


class _NoDatabase:
    """Stands where gauges want a database that they are not asked to read."""

    table = None


def counted() -> dict[str, set[str]]:
    """Return every series of every service, with the labels it has."""
    registry, nobody = CollectorRegistry(), _NoDatabase()
    Metrics(registry)
    Backlog(nobody, None, registry)  # type: ignore[arg-type]
    OpenRuns(None, registry)  # type: ignore[arg-type]
    SpentToday(None, None, registry)  # type: ignore[arg-type]
    Mails(None, registry)  # type: ignore[arg-type]
    browser_metrics(registry)
    quota(registry)
    series: dict[str, set[str]] = {"up": set()}
    for collector in set(registry._names_to_collectors.values()):
        for metric in collector.describe():
            for suffix in SUFFIXES[metric.type]:
                labels = set(collector._labelnames)  # type: ignore[attr-defined]
                more = {"le"} if suffix == "_bucket" else set()
                series[metric.name + suffix] = labels | more
    return series


SERIES = counted()


def selectors(expression: Any) -> Iterator[Any]:
    """Return every selector of a series within an expression."""
    if isinstance(expression, promql.VectorSelector):
        yield expression
    elif isinstance(expression, promql.MatrixSelector):
        yield expression.vector_selector
    for name in ("expr", "lhs", "rhs", "param"):
        if (below := getattr(expression, name, None)) is not None and not isinstance(below, str):
            yield from selectors(below)
    for argument in getattr(expression, "args", None) or ():
        yield from selectors(argument)


def groupings(expression: Any) -> Iterator[str]:
    """Return the labels by which an expression is gathered."""
    if isinstance(expression, promql.AggregateExpr) and expression.modifier is not None:
        yield from expression.modifier.labels
    for name in ("expr", "lhs", "rhs"):
        if (below := getattr(expression, name, None)) is not None:
            yield from groupings(below)
    for argument in getattr(expression, "args", None) or ():
        yield from groupings(argument)


@pytest.mark.parametrize(("title", "question"), QUESTIONS, ids=IDS)
def test_every_question_can_be_answered(title: str, question: str) -> None:
    """It is PromQL, and asks for series that are there by labels that they have."""
    parsed = promql.parse(question)
    asked = list(selectors(parsed))
    labels = {label for one in asked for label in SERIES[one.name]} | OF_THE_SCRAPE

    assert asked, title
    for one in asked:
        for matcher in one.matchers.matchers:
            assert matcher.name in SERIES[one.name] | OF_THE_SCRAPE, f"{one.name}: {matcher.name}"
    assert set(groupings(parsed)) <= labels


def test_a_wrong_question_is_noticed() -> None:
    """The test above would notice a series nobody has, a label of another's, and no PromQL."""
    [asked] = selectors(promql.parse("sum by (stage) (rate(techub_runs_total[5m]))"))

    assert "stage" not in SERIES[asked.name]
    assert "techub_nothing_total" not in SERIES
    with pytest.raises(ValueError, match=r"unclosed|unexpected|invalid"):
        promql.parse("sum by (le (x)")


def test_every_series_of_ours_is_looked_at_somewhere() -> None:
    """What is counted is on the dashboard or in an alert, or it need not be counted."""
    asked = {one.name for _, question in QUESTIONS for one in selectors(promql.parse(question))}
    base = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked}
    ours = {
        re.sub(r"_(total|bucket|sum|count)$", "", name)
        for name in SERIES
        if name.startswith("techub_")
    }

    assert ours - base == set()


def test_every_metric_is_in_the_runbook() -> None:
    """Somebody who sees a figure rise finds what it means."""
    runbook = (ROOT / "docs/runbook.md").read_text("utf-8")
    table = runbook.partition("## Metrics")[2].partition("\n## ")[0]

    ours = {_base(name) for name in SERIES if name.startswith("techub_")}
    assert {name for name in ours if f"`{name}`" not in table} == set()


def _base(name: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", name)


def test_alerts_say_what_to_do() -> None:
    """Each has a sentence, a severity, and a section of the runbook that exists."""
    titles = re.findall(r"^## (.+)$", (ROOT / "docs/runbook.md").read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}

    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] in anchors, rule["alert"]


def test_every_promise_is_watched() -> None:
    """Each row of docs/slo.md names an alert there is, which asks for what the row measures."""
    rows = re.findall(
        r"^\| (?!promise|---)(.+?) \| (.+?) \| (.+?) \| `(\w+)` \|$",
        (ROOT / "docs/slo.md").read_text("utf-8"),
        re.MULTILINE,
    )
    asked = {rule["alert"]: rule["expr"] for rule in RULES}

    assert len(rows) >= 10
    for promise, measured, target, alert in rows:
        [series] = re.findall(r"`(up|techub_\w+)", measured)
        assert series in asked[alert], promise
        assert target


def test_panels_are_what_grafana_expects() -> None:
    """Each has a place of its own, a question and the data source that is provisioned."""
    places = [tuple(panel["gridPos"].values()) for panel in DASHBOARD["panels"]]
    source = yaml.safe_load(
        (ROOT / "deploy/compose/grafana/datasources/prometheus.yml").read_text("utf-8")
    )

    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len(set(places)) == len(places)
    assert all(panel["targets"][0]["expr"] for panel in PANELS)
    assert {panel["datasource"]["uid"] for panel in PANELS} == {source["datasources"][0]["uid"]}
