"""Everybody is told once, whatever is repeated, raced or killed."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import UUID, uuid4

from nats.js.errors import NotFoundError
from sqlalchemy import func
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from techub_common.events import Ended
from techub_notifier.tables import DELIVERIES

from .conftest import Stage, eventually

Make = Callable[..., Ended]


async def mailed(stage: Stage, count: int, **within: float) -> None:
    """Return once so many mails were accepted."""

    async def there() -> bool:
        return len(stage.resend.mails()) >= count

    await eventually(there, what=f"{count} mails", **within)


async def test_once_under_redelivery_and_racing(stage: Stage, ended: Make) -> None:
    """Ten ends, each told three times to four notifiers, make one mail per owner and no more."""
    runs = [ended("completed", login=f"person-{n}") for n in range(10)]
    for run in runs:
        people = [{"address": f"{name}@example.com"} for name in ("ada", "bob")]
        await stage.owners(run.profile_id, *people)

    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(stage.notifier())
        for tell in range(3):
            await asyncio.gather(*(stage.tell(run, tell) for run in runs))
        await mailed(stage, 20)

        async def drained() -> bool:
            info = await stage.js.consumer_info("EVENTS", "notifier")
            return not (info.num_pending or info.num_ack_pending)

        async def settled() -> bool:
            return not await stage.rows(DELIVERIES.c.state == "pending")

        await eventually(drained, what="the stream was heard")
        await eventually(settled, what="every outcome is kept")
        rows = await stage.rows(DELIVERIES.c.state == "delivered")

    assert 20 == len(rows) == len(stage.resend.mails())
    assert {1} == set(stage.resend.requests_per_key().values())
    assert {str(row.id) for row in rows} == set(stage.resend.requests_per_key())
    for run in runs:
        recorded = await stage.recorded(run.run_id)
        assert {2} == {told.counts["delivered"] for told in recorded}
        assert len({told.id for told in recorded}) == 1


async def test_what_waits_is_heard_together(stage: Stage, ended: Make) -> None:
    """Ends that wait, some of them twice and one that no mail can be made of, harm no other."""
    runs = [ended("completed", login=f"person-{n}") for n in range(8)]
    for run in runs:
        await stage.owners(run.profile_id, {"address": f"{run.login}@example.com"})
    for tell in range(2):
        await asyncio.gather(*(stage.tell(run, tell) for run in runs))
    stranger = ended("completed").model_dump(mode="json") | {"profile_id": "nobody"}
    await stage.js.publish("pipeline.completed", json.dumps(stranger).encode())

    async with stage.notifier():
        for run in runs:
            assert await stage.counts(run.run_id) == {"delivered": 1}

    assert {1} == set(stage.resend.requests_per_key().values())
    assert len(stage.resend.mails()) == len(runs)
    assert (await stage.js.stream_info("DEAD")).state.messages == 1


async def test_once_per_profile_over_runs(stage: Stage, ended: Make) -> None:
    """A second success of the same profile tells nobody again, and says so."""
    first = ended("completed")
    second = ended("completed", profile_id=first.profile_id)
    await stage.owners(first.profile_id, {})

    async with stage.notifier():
        await stage.tell(first)
        assert await stage.counts(first.run_id) == {"delivered": 1}
        await stage.tell(second)
        assert await stage.counts(second.run_id) == {"told_before": 1}

    assert len(stage.resend.mails()) == 1


async def test_killed_between_send_and_mark(stage: Stage, ended: Make) -> None:
    """A notifier killed after Resend accepted sends again under the same key: still one mail."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    stage.resend.fail(
        path_contains="/emails", method="POST", after=True, delay_seconds=1.0, times=1
    )

    with stage.process() as first:
        await stage.tell(event)
        await mailed(stage, 1, within=50.0)
        first.send_signal(signal.SIGKILL)
    [row] = await stage.rows()
    assert row.state == "pending"
    await stage.change(leased_until=func.now() - timedelta(seconds=1))
    with stage.process():
        assert await stage.counts(event.run_id, within=50.0) == {"delivered": 1}

    assert len(stage.resend.mails()) == 1
    [(key, requests)] = stage.resend.requests_per_key().items()
    assert str(row.id) == key
    assert requests == 2


async def test_stopped_while_sending(stage: Stage, ended: Make) -> None:
    """SIGTERM lets what is on its way arrive and be noted: nothing is sent a second time."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    stage.resend.fail(
        path_contains="/emails", method="POST", after=True, delay_seconds=2.0, times=1
    )

    with stage.process() as notifier:
        await stage.tell(event)
        await mailed(stage, 1, within=50.0)
        notifier.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(notifier.wait, 30)

    [row] = await stage.rows()
    assert (code, row.state) == (0, "delivered")
    assert list(stage.resend.requests_per_key().values()) == [1]


async def test_lost_answer(stage: Stage, ended: Make) -> None:
    """Resend accepts and hangs up: the next try finds the same mail."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})
    stage.resend.fail(path_contains="/emails", method="POST", after=True, hang_up=True, times=1)

    async with stage.notifier():
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {"delivered": 1}

    assert len(stage.resend.mails()) == 1
    assert list(stage.resend.requests_per_key().values()) == [2]


async def test_skipped_is_told_the_next_time(stage: Stage, ended: Make) -> None:
    """Who had no verified address hears of the next end, once the address is verified."""
    first = ended("completed")
    second = ended("completed", profile_id=first.profile_id)
    [user] = await stage.owners(first.profile_id, {"verified": False})

    async with stage.notifier():
        await stage.tell(first)
        assert await stage.counts(first.run_id) == {"skipped": 1}
        await stage.admin("UPDATE api.people SET verified = true WHERE user_id = :id", id=user)
        await stage.tell(second)
        assert await stage.counts(second.run_id) == {"delivered": 1}

    assert len(stage.resend.mails()) == 1


async def test_failure_tells_owner_and_ops(stage: Stage, ended: Make) -> None:
    """A failure mails the owner and every alert address; nothing names an address on the way."""
    error = {"stage": "eligibility", "code": "not_eligible", "message": "2 of 5."}
    event = ended("failed", error=error)
    await stage.owners(event.profile_id, {}, {"address": "eve@example.com", "wants_mail": False})

    with capture_logs(processors=[merge_contextvars]) as logs:
        async with stage.notifier():
            await stage.tell(event)
            assert await stage.counts(event.run_id) == {"delivered": 3, "skipped": 1}

    told = Counter(mail["to"][0] for mail in stage.resend.mails())
    assert told == {"ada@example.com": 1, "ops@example.com": 1, "boss@example.com": 1}
    names = Counter(line["event"] for line in logs)
    assert names["notification_delivered"] == 3
    assert names["notification_skipped"] == 1
    assert "example.com" not in str(logs)
    assert {str(event.run_id)} == {
        line["run_id"] for line in logs if line["event"].startswith("notification_")
    }
    assert "example.com" not in str(await stage.recorded(event.run_id))


async def test_partial_tells_ops_alone(stage: Stage, ended: Make) -> None:
    """A partial run alerts operators; the owner's mail waits for a success."""
    event = ended("partial", degradations=[{"stage": "generate_ai_profile", "reason": "no answer"}])
    await stage.owners(event.profile_id, {})

    async with stage.notifier():
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {"delivered": 2}

    assert {"ops@example.com", "boss@example.com"} == {
        mail["to"][0] for mail in stage.resend.mails()
    }


async def test_nobody_to_tell(stage: Stage, ended: Make) -> None:
    """An end nobody hears of is recorded at once, with nothing but zeros."""
    event = ended("completed", notify="none")
    await stage.owners(event.profile_id, {})

    async with stage.notifier():
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {}

    assert stage.resend.mails() == []
    assert await stage.rows() == []


async def test_told_again_by_the_sweep(stage: Stage, ended: Make) -> None:
    """An end told again with a raised tell has its outcome told again, and nobody mailed twice."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})

    async with stage.notifier():
        await stage.tell(event)
        await stage.counts(event.run_id)
        await stage.tell(event, 1)

        async def retold() -> bool:
            try:
                last = await stage.js.get_last_msg("EVENTS", "notification.recorded")
            except NotFoundError:
                return False
            return bool((last.headers or {})["Techub-Tell"] == "1")

        await eventually(retold, what="the second telling")

    one, two = await stage.recorded(event.run_id)
    assert one.counts == two.counts
    assert one.id == two.id
    assert len(stage.resend.mails()) == 1


async def test_recorded_names_its_cause(stage: Stage, ended: Make) -> None:
    """The outcome continues the trace of the end that caused it."""
    event = ended("completed")
    await stage.owners(event.profile_id, {})

    async with stage.notifier():
        await stage.tell(event)
        await stage.counts(event.run_id)

        async def there() -> str:
            stored = await stage.js.streams_info()
            count = sum(info.state.messages for info in stored if info.config.name == "EVENTS")
            return "there" if count == 2 else ""

        await eventually(there, what="notification.recorded on the stream")
        told = await stage.js.get_last_msg("EVENTS", "notification.recorded")
        heard = await stage.js.get_last_msg("EVENTS", event.subject)

    trace = (heard.headers or {})["traceparent"].split("-")[1]
    assert trace == (told.headers or {})["traceparent"].split("-")[1]
    assert str(event.id) in (told.data or b"").decode()


async def test_two_owners_of_one_address(stage: Stage, ended: Make) -> None:
    """Accounts are told, not addresses: two owners who share one each get their mail."""
    event = ended("completed", profile_id=uuid4())
    ids: list[UUID] = await stage.owners(event.profile_id, {}, {})

    async with stage.notifier():
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {"delivered": 2}

    assert set(ids) == {row.user_id for row in await stage.rows()}


async def test_two_owners_one_already_told(stage: Stage, ended: Make) -> None:
    """Of two owners only the one who came later, and was not told yet, is mailed."""
    first = ended("completed")
    second = ended("completed", profile_id=first.profile_id)
    await stage.owners(first.profile_id, {})

    async with stage.notifier():
        await stage.tell(first)
        assert await stage.counts(first.run_id) == {"delivered": 1}
        [newcomer] = await stage.owners(first.profile_id, {})
        await stage.tell(second)
        assert await stage.counts(second.run_id) == {"delivered": 1, "told_before": 1}

    [_, mail] = await stage.rows()
    assert (mail.user_id, mail.run_id) == (newcomer, second.run_id)
    assert len(stage.resend.mails()) == 2
