"""What a dead letter can still do, by what it tells."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from techub_common import events
from techub_common.dead import KeptLetter
from techub_common.events import Event
from techub_common.letters import Letter
from techub_common.replaying import Action, decide

ITS_OWN = {"run_id": uuid4(), "login": "-"}
DAY = {"day": date(2026, 11, 27), "tokens": 9, "promised": 1, "budget": 10, "cost_micros": 3}
OF_NO_RUN = (
    events.AddressChanged(**ITS_OWN, user_id=uuid4()),
    events.MailReported(**ITS_OWN, report_id="r", provider_id="m", reported="delivered"),
    events.BudgetExhausted(**ITS_OWN, **DAY),
    events.HealthChanged(**ITS_OWN, probe=1, changes=(), failing=0),
)


def letter(event: Event) -> Letter:
    """Return the letter of somebody who gave up on the event."""
    kept = KeptLetter(
        number=1,
        buried_at=datetime(2026, 11, 27, tzinfo=UTC),
        body=b"",
        headers={},
        subject=event.subject,
        sequence=7,
        consumer="notifier",
        attempts=3,
        code="database_away",
        error="it was away",
    )
    return Letter(kept, event)


async def no_run(run_id: str) -> str | None:
    """Know of no run."""
    del run_id


@pytest.mark.parametrize("event", OF_NO_RUN, ids=lambda event: event.subject)
async def test_what_belongs_to_no_run_is_told_again(event: Event) -> None:
    """Nobody looks for a run that never was: the fact is told to who gave it up."""
    [deed] = await decide([letter(event)], no_run)

    assert deed.action is Action.tell
    assert deed.note == f"{event.subject} belongs to no run"


def test_none_is_left_out() -> None:
    """Each kind of fact that belongs to no run is tried above."""
    assert {type(event) for event in OF_NO_RUN} == set(events.OF_NO_RUN)


async def test_a_run_that_is_not_there() -> None:
    """A fact of a run nobody has can only be taken off the list."""
    fact = events.CaptureRequested(
        run_id=uuid4(), login="pip", variant="og", view_key="runs/x/view.json"
    )
    [deed] = await decide([letter(fact)], no_run)

    assert deed.action is Action.nothing
    assert deed.note.startswith("there is no run")
