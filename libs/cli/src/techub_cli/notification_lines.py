"""A delivery on one line, and all of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rich.text import Text

from techub_cli.screen import clock, plain

SHORT_ID: Final = 8
STATES: Final = {
    "delivered": "green",
    "pending": "cyan",
    "gathering": "cyan",
    "parked": "red",
    "refused": "yellow",
    "dropped": "dim",
    "skipped": "dim",
    "digested": "dim",
}
_FIELDS: Final = (
    ("id", "id"),
    ("about", "event"),
    ("for", "recipient"),
    ("login", "login"),
    ("run", "run_id"),
    ("state", "state"),
    ("why", "last_error"),
    ("tries", "attempts"),
    ("made", "created_at"),
    ("first try", "first_tried_at"),
    ("settled", "settled_at"),
    ("at Resend", "provider_id"),
    ("reported", "reported"),
    ("sent again", "resent"),
)


def delivery_line(delivery: Mapping[str, Any]) -> Text:
    """Return when, which, what about, for whom, where it stands and why."""
    state = str(delivery.get("state"))
    text = Text()
    text.append(_when(delivery.get("created_at")), "dim")
    text.append(f"  {plain(delivery.get('id'))[:SHORT_ID]}")
    text.append(f"  {plain(delivery.get('event')):<9}", "bold")
    text.append(f"  {plain(delivery.get('audience')):<5}")
    text.append(f"  {plain(delivery.get('login') or '-'):<20}")
    text.append(f"  {plain(state):<9}", STATES.get(state, ""))
    for name, field in (("tries", "attempts"), ("reported", "reported"), ("why", "last_error")):
        if delivery.get(field):
            text.append(f"  {name}=", "dim")
            text.append(plain(delivery[field]))
    return text


def delivery_shown(answer: Mapping[str, Any]) -> Iterator[Text]:
    """Yield every field that is there, then the mail."""
    delivery = answer["delivery"]
    for name, field in _FIELDS:
        if delivery.get(field) not in (None, 0):
            text = Text(f"{name:<11}", "dim")
            text.append(plain(delivery[field]), "" if field != "state" else _style(delivery))
            yield text
    mail = answer.get("mail")
    if mail is None:
        yield Text("no mail is kept: it was never written, or is older than 30 days", "dim")
        return
    yield Text("")
    yield Text(plain(mail["subject"]), "bold")
    for line in str(mail["text"]).splitlines():
        yield Text(plain(line))


def _style(delivery: Mapping[str, Any]) -> str:
    return STATES.get(str(delivery.get("state")), "")


def _when(text: object) -> str:
    try:
        return clock(datetime.fromisoformat(str(text)), datetime.now(UTC))
    except ValueError:
        return plain(text)
