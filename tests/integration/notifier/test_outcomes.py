"""What becomes of a mail when Resend refuses, stalls, or cannot say."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from techub_common.database import transaction
from techub_common.envelope import handling, seal
from techub_common.errors import Away
from techub_common.events import Ended
from techub_common.outbox import Outbox
from techub_common.pruning import Pruning
from techub_notifier import sending
from techub_notifier.forgetting import forget
from techub_notifier.handlers import notify
from techub_notifier.metrics import OPEN, Mails
from techub_notifier.postgres import PostgresStore
from techub_notifier.recipients import readable
from techub_notifier.rows import Taken, Tried
from techub_notifier.rules import Audience, Notice, State, Verdict, delivery_id
from techub_notifier.tables import DELIVERIES, INBOX, OUTBOX

from .conftest import Stage, eventually

Make = Callable[..., Ended]

INVALID_TO = {
    "statusCode": 422,
    "name": "validation_error",
    "message": "Invalid `to` field. The email address needs to follow the `a@b.c` format.",
}
LIMITED = {"statusCode": 429, "name": "rate_limit_exceeded", "message": "Too many requests."}
NO_KEY = {"statusCode": 403, "name": "invalid_api_key", "message": "API key is invalid."}


async def settled(stage: Stage, state: str, **within: float) -> Any:
    """Return the only delivery once it is in this state."""

    async def there() -> Any:
        rows = await stage.rows(DELIVERIES.c.state == state)
        return rows and rows[0]

    return await eventually(there, what=state, **within)


async def tried(stage: Stage) -> Any:
    """Return the only delivery once a try failed and it waits for the next."""

    async def there() -> Any:
        rows = await stage.rows(DELIVERIES.c.last_error.is_not(None))
        return rows and rows[0]

    return await eventually(there, what="a failed try")


async def heard(stage: Stage, *events: Ended) -> None:
    """Let a notifier hear the ends, with nobody sending yet."""
    async with stage.idle() as resources:
        for event in events:
            with handling(seal(event, "/services/api")):
                await notify(event, resources)


async def taken_from(stage: Stage, limit: int = 10) -> list[Taken]:
    """Lease what is due."""
    store = PostgresStore(stage.sessions, Outbox(OUTBOX, "/services/notifier"))
    async with store.transaction() as rows:
        return list((await rows.take(limit)).taken)


async def settle(stage: Stage, taken: Taken, verdict: Verdict) -> bool:
    """Settle one delivery in a transaction of its own."""
    store = PostgresStore(stage.sessions, Outbox(OUTBOX, "/services/notifier"))
    return bool(await sending.settle(store, [Tried(taken, verdict)]))


async def test_refused_address(stage: Stage, ended: Make) -> None:
    """An address Resend does not take is refused, and its owner is told of the next end."""
    first = ended("completed")
    second = ended("completed", profile_id=first.profile_id)
    await stage.owners(first.profile_id, {})
    stage.resend.fail(422, path_contains="/emails", body=INVALID_TO, times=1)

    async with stage.notifier():
        await stage.tell(first)
        assert await stage.counts(first.run_id) == {"refused": 1}
        await stage.tell(second)
        assert await stage.counts(second.run_id) == {"delivered": 1}

    [refused, _] = await stage.rows()
    assert refused.last_error.startswith("address_refused: ")


async def test_unusable_address_is_never_sent(stage: Stage, ended: Make) -> None:
    """An address that would break a header is refused before anything is asked of Resend."""
    event = ended("completed")
    await stage.owners(event.profile_id, {"address": "ada@example.com\r\nBcc: eve@example.com"})

    async with stage.notifier():
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {"refused": 1}

    assert stage.resend.requests() == {}


async def test_other_payload_under_the_key(stage: Stage, ended: Make) -> None:
    """A key that stands for another mail parks the delivery for a person."""
    event = ended("completed")
    [user] = await stage.owners(event.profile_id, {})
    key = delivery_id(event, Notice(Audience.owner, f"user:{user}", None))
    mail = {"from": "a@example.com", "to": "b@example.com", "subject": "s", "text": "t"}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{stage.resend.url}/emails",
            json=mail,
            headers={"Authorization": "Bearer re_test", "Idempotency-Key": str(key)},
        )
    assert answer.is_success

    async with stage.notifier():
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {"parked": 1}

    [row] = await stage.rows()
    assert row.last_error.startswith("payload_conflict: 409")
    assert len(stage.resend.mails()) == 1


async def test_retry_after_is_honoured(stage: Stage, ended: Make) -> None:
    """Told to wait a second, the notifier waits that second and no back-off of its own."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    limit = {"retry-after": "1"}
    stage.resend.fail(429, path_contains="/emails", body=LIMITED, headers=limit, times=1)

    async with stage.notifier():
        await stage.tell(event)
        row = await tried(stage)
        asked_at = time.monotonic()
        assert timedelta(seconds=0.5) < row.due_at - row.first_tried_at < timedelta(seconds=1.9)
        assert await stage.counts(event.run_id) == {"delivered": 1}
        waited = time.monotonic() - asked_at

    assert waited > 0.5
    assert list(stage.resend.requests_per_key().values()) == [1]
    assert stage.resend.requests(path_contains="/emails") == {"POST /emails": 2}


async def test_server_errors_are_tried_again(stage: Stage, ended: Make) -> None:
    """A 503 is tried again two seconds later."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    stage.resend.fail(503, path_contains="/emails", body="<html>", times=1)

    async with stage.notifier():
        await stage.tell(event)
        row = await tried(stage)
        assert timedelta(seconds=1.9) < row.due_at - row.first_tried_at < timedelta(seconds=4)
        await stage.change(due_at=func.now())
        assert await stage.counts(event.run_id) == {"delivered": 1}


async def test_wrong_key_keeps_mails_and_says_so(stage: Stage, ended: Make) -> None:
    """With a key Resend does not know, the mail stays pending, loudly, until the key is right."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    stage.resend.fail(403, path_contains="/emails", body=NO_KEY)

    with capture_logs(processors=[merge_contextvars]) as logs:
        async with stage.notifier():
            await stage.tell(event)
            row = await tried(stage)
            assert row.state == "pending"
            stage.resend.mend()
            await stage.change(due_at=func.now())
            await stage.counts(event.run_id)

    [shout] = [line for line in logs if line["event"] == "resend_unauthorized"]
    assert shout["log_level"] == "error"


async def test_unknown_for_23_hours(stage: Stage, ended: Make) -> None:
    """A mail whose first try was 23 hours ago is parked without being sent again."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    await heard(stage, event)
    await stage.change(attempts=3, first_tried_at=func.now() - timedelta(hours=23))

    async with stage.notifier():
        assert await stage.counts(event.run_id) == {"parked": 1}
        row = await settled(stage, "parked")

    assert row.last_error.startswith("undelivered")
    assert stage.resend.requests() == {}


async def test_changed_payload_is_parked(stage: Stage, ended: Make) -> None:
    """A payload that is not the frozen one any more is not sent."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    await heard(stage, event)
    await stage.change(payload='{"to": ["eve@example.com"]}')

    async with stage.notifier():
        assert await stage.counts(event.run_id) == {"parked": 1}

    assert stage.resend.mails() == []


async def test_two_last_mails_at_once(stage: Stage, ended: Make) -> None:
    """However the last two mails meet, what became of everybody is told once."""
    runs = [ended("failed") for _ in range(10)]
    await heard(stage, *runs)
    taken = await taken_from(stage, 20)
    assert len(taken) == 20

    done = await asyncio.gather(
        *(settle(stage, each, Verdict(State.delivered, provider_id="x")) for each in taken)
    )

    assert all(done)
    for run in runs:
        [told] = await stage.recorded(run.run_id)
        assert told.counts["delivered"] == 2


async def test_each_mail_is_leased_to_one(stage: Stage, ended: Make) -> None:
    """Four takers at once get every due mail exactly once."""
    await heard(stage, *(ended("failed") for _ in range(10)))

    taken = await asyncio.gather(*(taken_from(stage, 20) for _ in range(4)))
    ids = [each.id for some in taken for each in some]

    assert 20 == len(ids) == len(set(ids))
    assert await taken_from(stage) == []


async def test_stale_lease_changes_nothing(stage: Stage, ended: Make) -> None:
    """Who comes back after the lease went to somebody else settles nothing."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    await heard(stage, event)
    [slow] = await taken_from(stage)
    await stage.change(leased_until=func.now() - timedelta(seconds=1))
    [quick] = await taken_from(stage)

    assert not await settle(stage, slow, Verdict(State.refused, error="address_refused: late"))
    assert await settle(stage, quick, Verdict(State.delivered, provider_id="x"))
    assert not await settle(stage, slow, Verdict(State.delivered, provider_id="y"))

    [row] = await stage.rows()
    assert (row.state, row.provider_id, row.attempts) == ("delivered", "x", 2)


async def test_forgotten_after_a_month(stage: Stage, ended: Make) -> None:
    """Payload and address go after 30 days; that the owner was told stays known."""
    first = ended("completed")
    await stage.owners(first.profile_id, {})
    await heard(stage, first)
    [taken] = await taken_from(stage)
    await settle(stage, taken, Verdict(State.delivered, provider_id="x"))
    await stage.change(settled_at=func.now() - timedelta(days=29))
    await forget(stage.sessions)
    [kept] = await stage.rows()
    await stage.change(settled_at=func.now() - timedelta(days=31))
    await forget(stage.sessions)
    second = ended("completed", profile_id=first.profile_id)
    await heard(stage, second)

    [row] = await stage.rows()
    assert kept.payload is not None
    assert (row.payload, row.address) == (None, None)
    [told] = await stage.recorded(second.run_id)
    assert told.counts["told_before"] == 1


async def test_what_was_told_and_claimed_is_dropped(stage: Stage, ended: Make) -> None:
    """Outbox rows go 15 days after they were told, never before they are; claims after 45."""
    event = ended("completed", notify="none")
    await heard(stage, event)
    pruning = Pruning(stage.sessions, OUTBOX, INBOX)
    assert await pruning.prune() == 0
    assert len(await stage.recorded(event.run_id)) == 1
    async with transaction(stage.sessions) as session:
        await session.execute(OUTBOX.update().values(told_at=func.now() - timedelta(days=16)))
        await session.execute(INBOX.update().values(claimed_at=func.now() - timedelta(days=46)))

    assert await pruning.prune() == 2


async def test_without_the_view_ends_are_kept(stage: Stage, ended: Make) -> None:
    """While the api's view cannot be read nothing is claimed and nobody is forgotten."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    await stage.admin("ALTER VIEW api.notification_recipients RENAME TO hidden")

    with pytest.raises(Away, match="notification_recipients"):
        await readable(stage.sessions)
    async with stage.notifier():
        with capture_logs() as logs:
            await stage.tell(event)

            async def waiting() -> bool:
                return any(line["event"] == "ours_away" for line in logs)

            await eventually(waiting, what="the notifier waits")
        await stage.admin("ALTER VIEW api.hidden RENAME TO notification_recipients")
        assert await stage.counts(event.run_id) == {"delivered": 1}


async def test_without_a_key_mails_wait(stage: Stage, ended: Make) -> None:
    """No key is said once, in one line; mails are made, and go out once there is a key."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    unset = replace(stage, settings=stage.settings.model_copy(update={"resend_api_key": None}))

    with capture_logs() as logs:
        async with unset.notifier():
            await unset.tell(event)
            row = await settled(unset, "pending")
    assert row.attempts == 0
    assert stage.resend.requests() == {}
    async with stage.notifier():
        assert await stage.counts(event.run_id) == {"delivered": 1}

    [said] = [line for line in logs if line["event"] == "resend_unset"]
    assert "RESEND_API_KEY" in said["error"]


async def test_replicas_share_one_pace(stage: Stage, ended: Make) -> None:
    """Three senders together keep to what Resend allows: nobody is ever told to slow down."""
    event = ended("completed")
    people = [{"address": f"p{number}@example.com"} for number in range(8)]
    await stage.owners(event.profile_id, *people)
    slow = replace(stage, settings=stage.settings.model_copy(update={"resend_per_second": 5.0}))

    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(slow.notifier())
        await slow.tell(event)
        assert await slow.counts(event.run_id, within=60.0) == {"delivered": 8}
    tried = sorted(row.first_tried_at for row in await stage.rows())

    assert tried[-1] - tried[0] >= timedelta(seconds=1.3)


async def test_mails_that_are_not_at_their_end_are_shown(stage: Stage, ended: Make) -> None:
    """A mail that waits and one that is parked are counted by state, with the wait of the first."""
    registry = CollectorRegistry()
    mails = Mails(stage.sessions, registry)
    await mails.look()
    before = [shown_mails(registry, state) for state in OPEN]
    waiting, parked = ended("completed"), ended("completed")
    await stage.owners(parked.profile_id, {})
    await heard(stage, parked)
    await stage.change(payload='{"to": ["eve@example.com"]}')
    async with stage.notifier():
        assert await stage.counts(parked.run_id) == {"parked": 1}
    await stage.owners(waiting.profile_id, {})
    await heard(stage, waiting)
    await mails.look()
    oldest = registry.get_sample_value("techub_mail_oldest_seconds")

    assert before == [0, 0, 0]
    assert shown_mails(registry, State.parked) == 1
    assert shown_mails(registry, State.pending) == 1
    assert oldest is not None
    assert 0 < oldest < 60


def shown_mails(registry: CollectorRegistry, state: State) -> float | None:
    """Return how many mails are shown in a state."""
    return registry.get_sample_value("techub_mails", {"state": state})
