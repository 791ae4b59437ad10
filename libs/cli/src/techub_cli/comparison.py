"""Draws what two runs differ in."""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from techub_cli.comparing import Compared, Known, Pair
from techub_cli.screen import plain, style_of, took


def drawn(first: Known, second: Known, found: Compared) -> Group:
    """Return the differences, each with both sides."""
    parts: list[RenderableType] = [_heads(first, second)]
    if found.is_same:
        parts.append(Text("they differ in nothing but time", "green"))
    for title, pairs in (("asked for", found.asked), ("came out", found.outcome)):
        parts.extend(_section(title, pairs))
    parts.append(_steps(found))
    parts.extend(_section("card", found.traits))
    parts.extend(_section("pictures", found.pictures))
    if found.same_pictures:
        parts.append(Text(f"{found.same_pictures} picture files are the same", "dim"))
    return Group(*parts)


def _heads(first: Known, second: Known) -> Table:
    table = _table("", "A", "B")
    for name in ("id", "login", "status", "created_at"):
        values = [Text(plain(known.run.get(name))) for known in (first, second)]
        table.add_row(Text(name, "dim"), *values)
    return table


def _section(title: str, pairs: Mapping[str, Pair]) -> list[RenderableType]:
    if not pairs:
        return []
    table = _table(title, "A", "B")
    for name, (one, other) in pairs.items():
        table.add_row(Text(plain(name)), Text(_shown(one), "red"), Text(_shown(other), "green"))
    return [Text(), table]


def _steps(found: Compared) -> Table:
    table = _table("step", "A", "B", "A took", "B took", "more")
    for step in found.steps:
        one, other = step.duration_ms
        both = one is not None and other is not None
        table.add_row(
            Text(plain(step.name), "" if step.is_same else "bold"),
            *(Text(_status(step.status[side], step.attempts[side])) for side in (0, 1)),
            took(one),
            took(other),
            Text(_more(other - one) if both else "", style_of("degraded")),
        )
    return table


def _status(status: object, attempts: object) -> str:
    again = f" ({attempts} attempts)" if isinstance(attempts, int) and attempts > 1 else ""
    return f"{plain(status or '-')}{again}"


def _more(milliseconds: int) -> str:
    sign = "-" if milliseconds < 0 else "+"
    return f"{sign}{took(abs(milliseconds))}" if milliseconds else ""


def _shown(value: Any) -> str:  # noqa: ANN401  # any leaf
    if value in (None, "", [], {}):
        return "-"
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
