"""One telling, one line: when, who, what, about whom, which run, and the fields that matter."""

from datetime import datetime
from typing import Any

from rich.text import Text

from techub_cli.screen import clock, colour_of, plain, style_of
from techub_cli.telling import fields_of
from techub_cli.told import Told

SHORT_ID = 8
SERVICE_WIDTH = 13
SUBJECT_WIDTH = 21
LOGIN_WIDTH = 16


def line_for(told: Told, now: datetime) -> Text:
    """Return the line; anything the CLI does not know is still shown, field by field."""
    service = plain(told.service)
    colour = colour_of(service)
    text = Text()
    text.append(clock(told.time, now), "dim")
    text.append(f"  {service:<{SERVICE_WIDTH}}", colour)
    text.append(f"  {plain(told.subject):<{SUBJECT_WIDTH}}", f"bold {colour}")
    text.append(f"  {plain(told.login):<{LOGIN_WIDTH}}")
    text.append(f"  {plain(told.run_id)[:SHORT_ID]:<{SHORT_ID}}", "dim")
    if told.tell != "0":
        text.append(f"  tell={plain(told.tell)}", "magenta")
    for name, value in (fields_of(told.event) if told.event else _unknown(told)).items():
        text.append(f"  {plain(name)}=", "dim")
        text.append(plain(value), style_of(str(value)) if name == "status" else "")
    return text


def _unknown(told: Told) -> dict[str, Any]:
    if not told.cloud:
        return {"unreadable": told.body[:200].decode(errors="replace")}
    data = told.cloud.get("data")
    known = {"run_id", "login"}
    plain_values = {
        name: value
        for name, value in (data.items() if isinstance(data, dict) else ())
        if name not in known and isinstance(value, str | int | float | bool)
    }
    return {"type": told.cloud.get("type"), **plain_values}
