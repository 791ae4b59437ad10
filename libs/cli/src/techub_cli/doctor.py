"""`techub doctor`: every replica of every service says how it is, and what to do about it."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer
from nats.aio.client import Client
from rich.table import Table
from rich.text import Text

from techub_cli.connection import complaint
from techub_cli.running import print_json, run_connected
from techub_cli.screen import Screen, colour_of, plain, took
from techub_common.asks import EXAMINE
from techub_common.doctor import Finding, Report, State, worst
from techub_common.doctor.rounds import ask_everybody
from techub_common.errors import Permanent

MARKS: Final = {
    State.ok: Text("ok", "green"),
    State.warn: Text("warn", "yellow"),
    State.fail: Text("FAIL", "bold red"),
}


def doctor(
    context: typer.Context,
    *,
    service: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this service; may be repeated.")
    ] = None,
    paid: Annotated[
        bool,
        typer.Option(
            "--paid",
            help="Also what costs money: a structured answer and a picture of each provider of"
            " Gemini, about $0.04 a picture and replica.",
        ),
    ] = False,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="Fewer than N replicas fail; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Have every replica of every service test what it depends on.

    Nothing is sent, and nothing costs more than a token of Gemini, unless --paid.

    Exit code: 0 when nothing failed, 1 when something did or a service does not answer.
    """
    named = _services(service or [])
    expected = dict(_expected(expect or []))

    async def work(client: Client) -> int:
        reports = await ask_everybody(
            client, named, depth="paid" if paid else "usual", expected=expected
        )
        if refused := complaint(client):
            message = f"NATS does not let us ask{refused}; are these the operators' credentials?"
            raise Permanent(message, code="nats_refused")
        state = worst(report.state for report in reports)
        if as_json:
            print_json(document_of(reports, state))
        else:
            show(Screen(), reports)
        return 1 if state is State.fail else 0

    run_connected(context, work, as_json=as_json)


def document_of(reports: Sequence[Report], state: State) -> dict[str, object]:
    """Return the reports as JSON has them."""
    shown = [{**report.model_dump(mode="json"), "state": report.state} for report in reports]
    return {"ok": state is not State.fail, "state": state, "reports": shown}


def show(screen: Screen, reports: Sequence[Report]) -> None:
    """Print every report, and a line that says how all of it is."""
    for report in reports:
        screen.show(_title(report))
        table = Table.grid(padding=(0, 2))
        for finding in report.findings:
            for row in _rows(finding):
                table.add_row(*row)
        screen.print(table)
    screen.show(summary(reports))


def summary(reports: Sequence[Report]) -> Text:
    """Return how many replicas were asked and how many of their findings are bad."""
    found = [finding.state for report in reports for finding in report.findings]
    replicas = sum(bool(report.replica) for report in reports)
    text = Text(f"{_counted(replicas, 'replica')}, {_counted(len(found), 'check')}: ")
    bad = [(State.fail, "failed", "bold red"), (State.warn, "to look at", "yellow")]
    said = [(f"{found.count(state)} {word}", style) for state, word, style in bad if state in found]
    for place, (words, style) in enumerate(said):
        text.append(", " if place else "").append(words, style)
    return text if said else text.append("all well", "green")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _title(report: Report) -> Text:
    text = Text()
    text.append(plain(report.service), f"bold {colour_of(report.service)}")
    if report.replica:
        text.append(f"  {plain(report.replica)}  {plain(report.version)}", "dim")
    return text


def _rows(finding: Finding) -> Iterator[tuple[str | Text, ...]]:
    seen = Text(plain(finding.seen), overflow="fold")
    yield "  ", MARKS[finding.state], plain(finding.name), took(finding.duration_ms), seen
    if finding.todo:
        yield "", "", "", "", Text(f"→ {plain(finding.todo)}", "bold", overflow="fold")


def _services(named: Sequence[str]) -> tuple[str, ...]:
    for name in named:
        _known(name)
    return tuple(name for name in EXAMINE if name in named or not named)


def _expected(given: Sequence[str]) -> Iterator[tuple[str, int]]:
    for one in given:
        name, _, count = one.partition("=")
        _known(name)
        if not (count.isascii() and count.isdigit()):
            message = f"{one!r} is not like api=2"
            raise typer.BadParameter(message)
        yield name, int(count)


def _known(name: str) -> None:
    if name not in EXAMINE:
        message = f"there is no service {name!r}; there are {', '.join(EXAMINE)}"
        raise typer.BadParameter(message)
