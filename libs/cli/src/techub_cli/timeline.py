"""Draws a run: what it is, its steps in order, what it lost, and its pictures."""

from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from techub_cli.answers import PictureShown, RunShown, StepShown
from techub_cli.screen import clock, plain, size, style_of, took


def drawn(run: RunShown) -> Group:
    """Return everything there is to see of a run."""
    parts: list[RenderableType] = [_head(run)]
    if run.error:
        error = run.error
        parts.append(
            Text(f"{plain(error.stage)}: {plain(error.sentence)} ({plain(error.code)})", "red")
        )
    parts.extend(
        Text(f"{plain(lost.stage)}: {plain(lost.reason)}", "yellow") for lost in run.degradations
    )
    if run.steps:
        parts.append(_steps(run.steps))
    if run.pictures:
        parts.append(_pictures(run.pictures))
    if run.notified is not None:
        counts = ", ".join(
            f"{plain(name)} {count}" for name, count in run.notified.items() if count
        )
        parts.append(Text(f"told: {counts or 'nobody'}", "dim"))
    if run.profile_url:
        parts.append(Text(plain(run.profile_url), overflow="fold"))
    return Group(*parts)


def _head(run: RunShown) -> Text:
    text = Text()
    text.append(f"{plain(run.login)}  ", "bold")
    text.append(plain(run.status), f"bold {style_of(run.status)}")
    if run.duration_ms is not None:
        text.append(f"  {took(run.duration_ms)}")
    text.append(f"  {plain(run.trigger)}, {clock(run.created_at, datetime.now(UTC))}", "dim")
    text.append(f"  run {run.run_id}", "dim")
    if run.recipe:
        text.append(f"  {plain(run.recipe)}", "dim")
    if run.parent_run_id:
        text.append(f"  retry of {run.parent_run_id}", "dim")
    return text


def _steps(steps: list[StepShown]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("step", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for name in ("queue", "duration", "attempts"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for step in steps:
        table.add_row(
            Text(plain(step.name)),
            Text(plain(step.status), style_of(step.status)),
            took(step.queue_ms),
            took(step.duration_ms),
            str(step.attempts or ""),
            Text(plain(step.sentence or "")),
        )
    return table


def _pictures(pictures: list[PictureShown]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("picture", "format", "size"):
        table.add_column(name, no_wrap=True)
    table.add_column("bytes", justify="right", no_wrap=True)
    table.add_column("address", overflow="fold")
    for picture in pictures:
        table.add_row(
            Text(plain(picture.variant)),
            Text(plain(picture.format)),
            f"{picture.width}x{picture.height}",
            size(picture.bytes),
            Text(plain(picture.url)),
        )
    return table
