"""The mails that wait for a person, against a real notifier."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sqlalchemy import func
from typer.testing import CliRunner

from techub_cli.__main__ import app
from techub_common import asks
from techub_common.events import Ended
from techub_common.runtime import opened
from techub_notifier import desk
from techub_notifier.resources import open_resources
from techub_notifier.tables import DELIVERIES
from tests.integration.notifier.conftest import (  # noqa: F401  # fixtures of the real notifier
    Stage,
    admin_url,
    ended,
    eventually,
    sessions,
    stage,
    template,
)
from tests.integration.notifier.test_outcomes import heard

Make = Callable[..., Ended]


async def techub(stage: Stage, *words: str, code: int = 0) -> str:  # noqa: F811
    """Run the command beside a notifier that answers and sends nothing by itself."""
    async with opened(stage.settings) as service, open_resources(service, stage.settings) as made:
        service.provide(resources=made)
        for subject, answer in (
            (asks.LIST_NOTIFICATIONS, desk.list_notifications),
            (asks.SHOW_NOTIFICATION, desk.show_notification),
            (asks.RESEND_NOTIFICATION, desk.resend_notification),
            (asks.DROP_NOTIFICATION, desk.drop_notification),
            (asks.SMOKE_EMAIL, desk.smoke),
        ):
            await service.answer(subject, answer)
        arguments = ["--server", stage.settings.nats_url, *words]
        result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert result.exit_code == code, result.output
    return result.output


async def parked(stage: Stage, ended: Make, error: str, hours: int) -> Any:  # noqa: F811
    """Return a delivery that is parked, first tried so many hours ago."""
    event = ended("completed", login="pip")
    await stage.owners(event.profile_id, {})
    await heard(stage, event)
    await stage.change(
        state="parked",
        settled_at=func.now(),
        attempts=3,
        first_tried_at=func.now() - func.make_interval(0, 0, 0, 0, hours),
        last_error=error,
    )
    [row] = await stage.rows()
    return row


async def test_a_parked_mail_is_seen_and_sent_again(stage: Stage, ended: Make) -> None:  # noqa: F811
    """It is listed and shown without an address; nothing happens without --yes."""
    row = await parked(stage, ended, "undelivered: 23 hours after the first try", 23)
    short = str(row.id)[:8]

    listed = await techub(stage, "notifications", "list")
    shown = await techub(stage, "notifications", "show", short)
    asked = await techub(stage, "notifications", "resend", short)
    [still] = await stage.rows()
    done = json.loads(await techub(stage, "notifications", "resend", short, "--yes", "--json"))
    [now] = await stage.rows()

    assert short in listed
    assert "undelivered" in listed
    assert "Your TecHub card is ready, @pip" in shown
    assert "ada@example.com" not in listed + shown + asked
    assert "may be a second mail" in asked
    assert "--yes does it" in asked
    assert still.state == "parked"
    assert done["done"] is True
    assert (now.state, now.attempts, now.resent) == ("pending", 0, 1)
    assert now.key != row.key


async def test_soon_enough_the_key_stays(stage: Stage, ended: Make) -> None:  # noqa: F811
    """Within 23 hours a mail goes out again under its own key, unless that stands for another."""
    row = await parked(stage, ended, "mail_refused: 422", 1)

    said = await techub(stage, "notifications", "resend", str(row.id), "--yes")
    [now] = await stage.rows()

    assert "under the same key" in said
    assert (now.state, now.key) == ("pending", row.key)


async def test_dropped_for_good(stage: Stage, ended: Make) -> None:  # noqa: F811
    """A dropped mail is never sent, and its owner counts as told."""
    row = await parked(stage, ended, "payload_conflict: 409", 2)

    await techub(stage, "notifications", "drop", str(row.id), "--yes")
    again = await techub(stage, "notifications", "drop", str(row.id), "--yes", code=1)
    second = ended("completed", profile_id=row.profile_id)
    await heard(stage, second)

    [now] = await stage.rows(DELIVERIES.c.state == "dropped")
    assert now.last_error == "dropped by a person; payload_conflict: 409"
    assert "cannot be dropped" in again
    assert (await stage.counts(second.run_id)) == {"told_before": 1}


async def test_a_waiting_mail_is_dropped(stage: Stage, ended: Make) -> None:  # noqa: F811
    """What waits for its next try is given up, and then nobody of the run waits any more."""
    row = await parked(stage, ended, "resend_down: 503", 1)
    await stage.change(
        state="pending",
        settled_at=None,
        lease_token=uuid4(),
        leased_until=func.now() - func.make_interval(0, 0, 0, 0, 1),
    )

    await techub(stage, "notifications", "drop", str(row.id), "--yes")

    [now] = await stage.rows(DELIVERIES.c.event == "completed")
    assert (now.state, now.lease_token) == ("dropped", None)
    assert now.settled_at is not None
    assert await stage.counts(row.run_id) == {"parked": 1}


async def test_who_was_told_since(stage: Stage, ended: Make) -> None:  # noqa: F811
    """A refused mail is not sent again once its owner was told the same by a later run."""
    row = await parked(stage, ended, "address_unusable: 422", 1)
    await stage.change(state="refused")
    await heard(stage, ended("completed", profile_id=row.profile_id))

    said = await techub(stage, "notifications", "resend", str(row.id), "--yes", code=1)

    assert "told to this person since" in said
    states = [one.state for one in await stage.rows()]
    assert states == ["refused", "pending"]


async def test_smoke(stage: Stage) -> None:  # noqa: F811
    """One mail goes out at once, and its id is printed; what is no address is refused."""
    said = await techub(stage, "email", "smoke", "ada@example.com", "hello")
    refused = await techub(stage, "email", "smoke", "ada at example", code=1)

    [mail] = stage.resend.mails()
    assert said.strip() == mail["id"]
    assert "hello" in str(mail["text"])
    assert "not an address" in refused


async def test_unknown_deliveries(stage: Stage) -> None:  # noqa: F811
    """An id nobody has, and a state that is none, are said so."""
    assert "no delivery begins" in await techub(stage, "notifications", "show", "ffff", code=1)
    said = await techub(stage, "notifications", "list", "--state", "lost", code=1)
    assert "there are pending" in said
