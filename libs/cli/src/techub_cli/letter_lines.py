"""How a dead letter looks: a line, the whole of it, and as JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from techub_cli.screen import clock, colour_of, plain
from techub_common.letters import Letter
from techub_common.replaying import Action, Deed

SHORT_ID = 8
NUMBER_WIDTH = 6
CONSUMER_WIDTH = 13
SUBJECT_WIDTH = 21


def letter_line(letter: Letter, now: datetime) -> Text:
    """Return the letter on one line: its number, when, who gave up on what, and why."""
    kept = letter.kept
    text = _begin(letter)
    text.append(f"  {clock(kept.buried_at, now)}", "dim")
    text.append(f"  {plain(kept.consumer):<{CONSUMER_WIDTH}}", colour_of(kept.consumer))
    text.append(f"  {plain(kept.subject):<{SUBJECT_WIDTH}}", "bold")
    if letter.event is None:
        text.append("  unreadable", "magenta")
    else:
        text.append(f"  {plain(letter.event.login)}")
        text.append(f"  {str(letter.event.run_id)[:SHORT_ID]}", "dim")
    text.append(f"  {plain(kept.code)}", "red")
    text.append(f"  {plain(kept.error)}", "dim")
    return text


def deed_line(deed: Deed, *, yes: bool) -> Text:
    """Return what was done with a letter, or would be."""
    text = _begin(deed.letter)
    if deed.done:
        text.append("  done", "green")
    elif yes or deed.action is Action.nothing:
        text.append("  not done" if yes else "  ", "red")
    else:
        text.append(f"  {deed.action}", "cyan")
    text.append(f"  {plain(deed.note)}")
    return text


def none_fits(letters: Sequence[Letter]) -> str:
    """Return what to say when no letter is shown, with what the ones there are would fit."""
    if not letters:
        return "there is no dead letter"
    consumers = ", ".join(sorted({letter.kept.consumer for letter in letters}))
    codes = ", ".join(sorted({letter.kept.code for letter in letters}))
    return f"none of {len(letters)} dead letters fits; consumers: {consumers}; codes: {codes}"


def letter_shown(letter: Letter) -> Text:
    """Return everything there is to know of a letter, its original bytes last."""
    kept = letter.kept
    text = Text()
    facts: dict[str, object] = {
        "letter": kept.number,
        "given up": f"{kept.buried_at.astimezone():%Y-%m-%d %H:%M:%S}",
        "by": f"{kept.consumer}, attempts {kept.attempts}",
        "subject": f"{kept.subject}, number {kept.sequence} of the stream",
        "error": f"{kept.code}: {kept.error}",
        "readable": "yes" if letter.event else f"no: {letter.why}",
        **{f"header {name}": value for name, value in sorted(kept.headers.items())},
    }
    for name, value in facts.items():
        text.append(f"{plain(name)}: ", "dim")
        text.append(f"{plain(value)}\n")
    for line in _body_lines(kept.body):
        text.append(f"\n{line}")
    return text


def letter_document(letter: Letter, *, body: bool = False) -> dict[str, Any]:
    """Return the letter for a program; bytes that are no UTF-8 are escaped with a backslash."""
    kept, event = letter.kept, letter.event
    document: dict[str, Any] = {
        "number": kept.number,
        "buried_at": kept.buried_at.isoformat(),
        "consumer": kept.consumer,
        "subject": kept.subject,
        "sequence": kept.sequence,
        "attempts": kept.attempts,
        "code": kept.code,
        "error": kept.error,
        "readable": event is not None,
        "login": event.login if event else None,
        "run_id": str(event.run_id) if event else None,
    }
    if body:
        document["headers"] = dict(kept.headers)
        document["body"] = kept.body.decode(errors="backslashreplace")
    return document


def _begin(letter: Letter) -> Text:
    return Text(f"{letter.number:>{NUMBER_WIDTH}}", "bold")


def _body_lines(body: bytes) -> Iterator[str]:
    """Yield the bytes as a person can read them: JSON indented, anything else line by line."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode(errors="backslashreplace")
    yield from (plain(line) for line in text.split("\n"))
