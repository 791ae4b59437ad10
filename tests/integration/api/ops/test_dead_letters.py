"""Dead letters: found, read, looked at before they are replayed, and never replayed into a mail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from httpx import AsyncClient
from nats.js import JetStreamContext
from sqlalchemy import select

from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_common.broker import Teller, open_broker
from techub_common.database import transaction
from techub_common.dead import DeadLetter
from techub_common.envelope import TELL_HEADER, seal
from techub_common.errors import Permanent
from techub_common.events import (
    CaptureRequested,
    Ended,
    Event,
    PipelineFailed,
    StageRecorded,
    StageStatus,
)
from techub_common.streams import DEAD, EVENTS
from tests.integration.api.conftest import run_row, start_run
from tests.integration.api.facts import card
from tests.integration.api.ops.conftest import (
    actions,
    carried_out,
    confirmed,
    guarded,
    looked,
    operator_at,
    post,
    runs_of,
)
from tests.integration.api.test_retrying import requested, with_pictures
from tests.integration.notifier.conftest import (  # noqa: F401  # fixtures of the real notifier
    Stage,
    admin_url,
    ended,
    eventually,
    sessions,
    stage,
    template,
)

ERROR = "TargetClosedError: the page crashed"


async def buried(
    resources: Resources, event: Event, consumer: str, code: str = "chromium_failed", **more: Any
) -> int:
    """Give an event up as that consumer would and return the letter's number."""
    envelope = seal(event, "/services/api")
    letter = DeadLetter(
        body=more.get("body", envelope.body()),
        headers=envelope.headers(),
        subject=event.subject,
        sequence=more.get("sequence", int(uuid4()) % 10**9),
        consumer=consumer,
        attempts=5,
        error=Permanent(ERROR, code=code),
    )
    await resources.tell.bury(letter)
    info = await resources.tell.connection.jetstream().stream_info(DEAD)
    return info.state.last_seq


def capture(run_id: UUID, variant: str = "og", login: str = "pip") -> CaptureRequested:
    """Return the question for a picture."""
    return CaptureRequested(run_id=run_id, login=login, variant=variant, view_key="k")


async def left(resources: Resources) -> list[int]:
    """Return the numbers of the letters that lie there."""
    js = resources.tell.connection.jetstream()
    state = (await js.stream_info(DEAD)).state
    return [state.messages]


async def test_found_and_read(place: Resources, operator: AsyncClient) -> None:
    """The list says who gave up on what, how often and why; a letter shows its message."""
    run_id = await with_pictures(place, "og")
    number = await buried(place, capture(run_id), "screenshotter")
    other = await buried(place, capture(uuid4(), login="bob"), "optimizer", code="timed_out")
    broken = await buried(place, capture(run_id, "tcg"), "screenshotter", body=b"{not <b>json")
    page = await operator.get("/ops/dead")
    for query, expected in (
        ({}, {number, other, broken}),
        ({"consumer": "optimizer"}, {other}),
        ({"code": "chromium_failed"}, {number, broken}),
        ({"login": "PIP"}, {number}),
        ({"run": str(run_id)[:8]}, {number}),
        ({"since": "1h"}, {number, other, broken}),
        ({"consumer": "ledger"}, set()),
    ):
        shown = (await operator.get("/ops/dead", params=query)).text
        for one in (number, other, broken):
            assert (f'href="/ops/dead/{one}"' in shown) is (one in expected), (query, one)
    letter = await operator.get(f"/ops/dead/{number}")
    unreadable = await operator.get(f"/ops/dead/{broken}")

    assert ERROR in page.text
    assert "&#34;variant&#34;: &#34;og&#34;" in letter.text
    assert "retry" in letter.text
    assert "{not &lt;b&gt;json" in unreadable.text
    assert (await operator.get(f"/ops/dead/{broken + 1}")).status_code == 404
    assert (await operator.get("/ops/dead?since=soon")).status_code == 422


async def test_a_dry_run_first(place: Resources, operator: AsyncClient) -> None:
    """A replay is looked at first, and changes nothing; confirmed, each letter does its work."""
    over = await with_pictures(place, "og", "card")
    going_on = await start_run(place, "open", "bob")
    await keep_ledger(await card(place, going_on, "open", github_id=9), place)
    letters = [
        await buried(place, capture(over, "og"), "screenshotter"),
        await buried(place, capture(over, "card"), "screenshotter"),
        await buried(place, capture(going_on, "og", "open"), "screenshotter"),
        await buried(place, capture(uuid4(), login="nobody"), "screenshotter"),
    ]
    js = place.tell.connection.jetstream()
    before = (await js.stream_info(EVENTS)).state.last_seq
    number = await looked(operator, "/ops/dead/plan", kind="replay", consumer="screenshotter")
    page = (await operator.get(f"/ops/actions/{number}")).text
    [plan] = await actions(place)

    assert plan.asked["letters"] == letters
    assert [deed["action"] for deed in plan.asked["deeds"]] == ["retry", "retry", "tell", "nothing"]
    assert "a new one repeats capture:og" in page
    assert await left(place) == [4]
    assert (await js.stream_info(EVENTS)).state.last_seq == before

    await confirmed(operator, number, "INC-3")
    await carried_out(place)
    [done] = await actions(place)
    async with transaction(place.sessions) as session:
        [made] = list(await session.scalars(select(Run).where(Run.parent_run_id == over)))
    told = await js.get_msg(EVENTS, seq=before + 1)
    assert "3 replayed" in (done.said or "")
    assert f"letter {letters[3]} not: there is no run" in (done.said or "")
    assert (made.bulk, made.trigger, made.status) == (True, "ops", "queued")
    assert await left(place) == [1]
    assert (told.subject, (told.headers or {})[TELL_HEADER]) == ("capture.requested", "1")
    assert {*await runs_of(place, number)} == {over, going_on}
    assert await requested(place, made.id) == []  # it waits in line


async def test_one_letter(place: Resources, operator: AsyncClient) -> None:
    """One letter is replayed by its number, at once and not in line."""
    over = await with_pictures(place, "og")
    number = await buried(place, capture(over), "screenshotter")
    await buried(place, capture(over, "card"), "screenshotter")
    plan = await looked(operator, "/ops/dead/plan", kind="replay", number=str(number))
    await confirmed(operator, plan)
    await carried_out(place)
    async with transaction(place.sessions) as session:
        [made] = list(await session.scalars(select(Run).where(Run.parent_run_id == over)))

    assert (await run_row(place, made.id)).status == "running"
    assert await requested(place, made.id) == ["og"]
    assert await left(place) == [1]


async def test_what_the_ledger_gave_up(place: Resources, operator: AsyncClient) -> None:
    """It is given to the ledger itself, which does it once however often it is replayed."""
    run_id = await start_run(place, "pip")
    event = StageRecorded(
        run_id=run_id,
        login="pip",
        stage="pull_github_data",
        status=StageStatus.completed,
        started_at=datetime.now(UTC),
        message="as the generator said",
    )
    for _ in range(2):
        await buried(place, event, "ledger", code="timed_out")
        plan = await looked(operator, "/ops/dead/plan", kind="replay", consumer="ledger")
        await confirmed(operator, plan)
        await carried_out(place)
    js = place.tell.connection.jetstream()
    page = (await operator.get(f"/ops/runs/{run_id}")).text

    assert page.count("pull_github_data completed as the generator said") == 1
    assert (await js.stream_info(EVENTS)).state.last_seq == 0
    assert await left(place) == [0]


async def test_thrown_away(place: Resources, operator: AsyncClient) -> None:
    """Dropping is looked at, confirmed and recorded as a replay is; nothing is told."""
    run_id = await with_pictures(place, "og")
    await buried(place, capture(run_id), "screenshotter")
    await buried(place, capture(run_id), "optimizer")
    plan = await looked(operator, "/ops/dead/plan", kind="drop", consumer="optimizer")
    assert await left(place) == [2]
    await confirmed(operator, plan, "understood")
    await carried_out(place)
    refused = await post(operator, "/ops/dead/plan", kind="burn")

    assert [action.said for action in await actions(place)] == ["1 dropped"]
    assert await left(place) == [1]
    assert refused.status_code == 422


async def test_no_mail_is_sent_twice(
    resources: Resources,
    stage: Stage,  # noqa: F811
    ended: Callable[..., Ended],  # noqa: F811
    js: JetStreamContext,
    nats_url: str,
) -> None:
    """An end whose mails went out is replayed twice: the notifier knows it, nobody is mailed."""
    run_id = await start_run(resources, "pip")
    event = ended("failed").model_copy(update={"run_id": run_id})
    assert isinstance(event, PipelineFailed)
    await stage.owners(event.profile_id, {})
    settings = resources.settings.model_copy(update={"nats_url": nats_url})
    async with stage.notifier(), open_broker(settings) as broker:
        place = guarded(replace(resources, tell=Teller(broker, "/services/api"), settings=settings))
        await stage.tell(event)
        assert await stage.counts(event.run_id) == {"delivered": 3}
        async with operator_at(place) as client:
            for _ in range(2):
                await buried(place, event, "notifier", code="consumer_died")
                number = await looked(client, "/ops/dead/plan", kind="replay", consumer="notifier")
                await confirmed(client, number)
                await carried_out(place)

        async def heard() -> bool:
            info = await js.consumer_info(EVENTS, "notifier")
            return bool(
                info.delivered
                and info.delivered.consumer_seq == 3
                and not (info.num_pending or info.num_ack_pending)
            )

        await eventually(heard, what="both replays were heard")
        assert await left(place) == [0]
    assert len(stage.resend.mails()) == 3
    assert set(stage.resend.requests_per_key().values()) == {1}
    assert len({told.id for told in await stage.recorded(event.run_id)}) == 1
