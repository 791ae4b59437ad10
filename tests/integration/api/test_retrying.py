"""Retries repeat what failed and nothing else; bulk runs wait in line behind people's."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from nats.js import JetStreamContext
from sqlalchemy import select

from techub_api.operators.answers import cancel_run, retry_run, run_pipeline
from techub_api.profiles.tables import Picture
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Entry
from techub_api.sweep.sweeping import Sweep
from techub_common.asks import CancelRequest, RetryRequest, RunRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import (
    CaptureRequested,
    CardFailed,
    Event,
    Notify,
    PipelineCompleted,
    PipelinePartial,
    PipelineStarted,
    StageRecorded,
    StageStatus,
)
from tests.integration.api.conftest import run_row, start_run, told_events
from tests.integration.api.facts import card, failed, recorded
from tests.integration.api.test_sweep import clock, road  # noqa: F401  # fixtures

STAGES = (
    "pull_github_data",
    "download_github_avatar",
    "evaluate_eligibility",
    "generate_ai_profile",
)


async def told(resources: Resources, run_id: UUID) -> list[Event]:
    """Return what the api told about a run."""
    return [event for event in await told_events(resources) if event.run_id == run_id]


async def requested(resources: Resources, run_id: UUID) -> list[str]:
    """Return the pictures that were asked for, in order."""
    return [
        event.variant
        for event in await told(resources, run_id)
        if isinstance(event, CaptureRequested)
    ]


async def retried(resources: Resources, run_id: UUID, *steps: str, **more: Any) -> UUID:
    """Retry as an operator does and return the new run."""
    request = RetryRequest(login_or_run=str(run_id), steps=steps, **more)
    return UUID((await retry_run(request, resources))["run_id"])


async def with_pictures(resources: Resources, *failing: str) -> UUID:
    """Run a card to its end, these pictures failing, and return the run."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for kind in resources.variants:
        fact = failed(run_id, kind) if kind in failing else recorded(run_id, kind)
        await keep_ledger(fact, resources)
    return run_id


async def artifact(resources: Resources, run_id: UUID, stage: str, **more: Any) -> None:
    """Leave behind what the generator leaves when a stage is finished."""
    line = StageRecorded(
        run_id=run_id,
        login="pip",
        stage=stage,
        status=StageStatus.completed,
        started_at=datetime.now(UTC),
    )
    document = {"of": stage, "recorded": line.model_dump(mode="json")} | more
    key = f"runs/{run_id}/{stage}.json"
    await resources.objects.put(key, json.dumps(document).encode(), "application/json")
    await keep_ledger(line, resources)


async def carried(resources: Resources, run_id: UUID) -> list[str]:
    """Return the stages whose results lie ready for a run."""
    keys = {stage: f"runs/{run_id}/{stage}.json" for stage in STAGES}
    return [stage for stage, key in keys.items() if await resources.objects.exists(key)]


def card_failed(run_id: UUID, stage: str, code: str) -> CardFailed:
    """Return `card.failed`."""
    return CardFailed(run_id=run_id, login="pip", stage=stage, code=code, message="No.")


async def test_failed_pictures(resources: Resources) -> None:
    """Only the failed picture is taken again, of the parent's card view, and then all are there."""
    parent = await with_pictures(resources, "card")
    run_id = await retried(resources, parent)
    [request] = await told(resources, run_id)

    assert isinstance(request, CaptureRequested)
    assert request.variant == "card"
    assert request.view_key == (await run_row(resources, parent)).view_key
    await keep_ledger(recorded(run_id, "card", "bbbbbbbbbbbb"), resources)
    row = await run_row(resources, run_id)
    assert (row.parent_run_id, row.status, row.trigger) == (parent, "success", "cli")
    [ending] = [e for e in await told(resources, run_id) if isinstance(e, PipelineCompleted)]
    assert ending.notify is Notify.ops
    async with transaction(resources.sessions) as session:
        rows = await session.execute(select(Picture.variant, Picture.run_id).distinct())
        assert {row[0]: row[1] for row in rows} == {
            "og": parent,
            "card": run_id,
            "simple": parent,
        }


async def test_a_retry_of_a_retry(resources: Resources) -> None:
    """Each retry repeats what the one before could not do, until nothing is left."""
    parent = await with_pictures(resources, "og", "card")
    first = await retried(resources, parent)
    await keep_ledger(recorded(first, "og", "bbbbbbbbbbbb"), resources)
    await keep_ledger(failed(first, "card"), resources)
    second = await retried(resources, first)
    assert await requested(resources, first) == ["og", "card"]
    assert await requested(resources, second) == ["card"]
    await keep_ledger(recorded(second, "card", "cccccccccccc"), resources)

    for run_id in (parent, first, second):
        with pytest.raises(Permanent) as refused:
            await retried(resources, run_id)
        assert refused.value.code == "nothing_to_retry"


async def test_the_parent_again_after_its_retry(resources: Resources) -> None:
    """A second retry of the parent repeats only what the first could not do."""
    parent = await with_pictures(resources, "og", "card")
    first = await retried(resources, parent)
    await keep_ledger(recorded(first, "og", "bbbbbbbbbbbb"), resources)
    await keep_ledger(failed(first, "card"), resources)

    assert await requested(resources, await retried(resources, parent)) == ["card"]


async def test_one_step(resources: Resources) -> None:
    """A named step alone is repeated; asked again, the open retry answers; another one waits."""
    parent = await with_pictures(resources, "og", "card")
    run_id = await retried(resources, parent, "capture:card")

    assert await requested(resources, run_id) == ["card"]
    assert await retried(resources, parent, "optimize:card") == run_id
    with pytest.raises(Permanent) as refused:
        await retried(resources, parent, "capture:og")
    assert refused.value.code == "run_open"


async def test_a_failed_stage(resources: Resources) -> None:
    """The generator resumes after the finished stages: their results lie ready as the new run's."""
    parent = await start_run(resources, "pip")
    for stage in STAGES[:3]:
        await artifact(resources, parent, stage)
    await keep_ledger(card_failed(parent, STAGES[3], "timed_out"), resources)
    run_id = await retried(resources, parent)
    [started] = await told(resources, run_id)

    assert isinstance(started, PipelineStarted)
    assert await carried(resources, run_id) == list(STAGES[:3])
    document = json.loads(await resources.objects.get(f"runs/{run_id}/{STAGES[0]}.json"))
    line = StageRecorded.model_validate(document["recorded"])
    assert document["of"] == STAGES[0]
    assert line.run_id == run_id
    assert line.detail == {"carried_from": str(parent)}


async def test_not_eligible_is_read_again(resources: Resources) -> None:
    """What GitHub said then cannot become eligible: everything is read again."""
    parent = await start_run(resources, "pip")
    for stage in STAGES[:2]:
        await artifact(resources, parent, stage)
    await keep_ledger(card_failed(parent, STAGES[2], "not_eligible"), resources)

    assert await carried(resources, await retried(resources, parent)) == []


async def test_a_carried_card_is_paid_once(resources: Resources) -> None:
    """What models took for a card was the parent's: the copy of it says that nothing was asked."""
    parent = await start_run(resources, "pip")
    await artifact(resources, parent, STAGES[0])
    await artifact(resources, parent, STAGES[1], calls=[{"tokens_in": 5}], of="traits")
    await keep_ledger(card_failed(parent, STAGES[2], "timed_out"), resources)
    run_id = await retried(resources, parent)
    first, second = [
        json.loads(await resources.objects.get(f"runs/{run_id}/{stage}.json"))
        for stage in STAGES[:2]
    ]

    assert (second["of"], second["calls"]) == ("traits", [])
    assert "calls" not in first


async def test_a_lost_avatar(resources: Resources) -> None:
    """Without failed pictures the stage that lost something is repeated; the others are kept."""
    parent = await start_run(resources, "pip")
    for stage in STAGES:
        await artifact(resources, parent, stage)
    event = await card(resources, parent, degraded=True)
    lost = event.degradations[0].model_copy(update={"stage": STAGES[1]})
    await keep_ledger(event.model_copy(update={"degradations": (lost,)}), resources)
    await artifact(resources, parent, STAGES[0])
    for kind in resources.variants:
        await keep_ledger(recorded(parent, kind), resources)
    assert isinstance((await told(resources, parent))[-1], PipelinePartial)

    run_id = await retried(resources, parent)
    assert await carried(resources, run_id) == [STAGES[0], STAGES[2], STAGES[3]]


async def test_a_run_that_went_well(resources: Resources) -> None:
    """Nothing is repeated of a success, nor of a run that is still open."""
    open_run = await start_run(resources, "pip")
    with pytest.raises(Permanent) as still_open:
        await retried(resources, open_run)
    await keep_ledger(await card(resources, open_run), resources)
    for kind in resources.variants:
        await keep_ledger(recorded(open_run, kind), resources)
    with pytest.raises(Permanent) as well:
        await retried(resources, open_run)

    assert (still_open.value.code, well.value.code) == ("run_open", "nothing_to_retry")


async def test_a_newer_card(resources: Resources) -> None:
    """A retry never brings an old card back over a newer one."""
    parent = await with_pictures(resources, "og")
    newer = await with_pictures(resources)
    with pytest.raises(Permanent) as refused:
        await retried(resources, parent)

    assert refused.value.code == "newer_card"
    assert str(newer) in str(refused.value)


async def test_late_pictures_of_the_parent(resources: Resources) -> None:
    """A picture of the parent that arrives during its retry is kept and not published."""
    parent = await with_pictures(resources, "og", "card")
    run_id = await retried(resources, parent)
    await keep_ledger(recorded(parent, "og", "dddddddddddd"), resources)
    await keep_ledger(recorded(run_id, "og", "eeeeeeeeeeee"), resources)

    async with transaction(resources.sessions) as session:
        keys = (
            await session.scalars(select(Picture.object_key).where(Picture.variant == "og"))
        ).all()
    assert all("eeeeeeeeeeee" in key for key in keys)
    assert (await run_row(resources, parent)).status == "partial_success"


async def test_a_full_run_supersedes_a_retry(resources: Resources) -> None:
    """A person who submits while a retry is open gets a whole new card."""
    parent = await with_pictures(resources, "og")
    run_id = await retried(resources, parent)
    submitted = await start_run(resources, "pip")

    assert (await run_row(resources, run_id)).status == "canceled"
    assert (await run_row(resources, submitted)).status == "running"


async def test_made_good_while_open(resources: Resources) -> None:
    """A picture that failed and is made good while the run is open is no loss any more."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    first, *others = resources.variants
    await keep_ledger(failed(run_id, first), resources)
    await keep_ledger(recorded(run_id, first), resources)
    for kind in others:
        await keep_ledger(recorded(run_id, kind), resources)

    assert (await run_row(resources, run_id)).status == "success"


async def refreshed(resources: Resources, login: str) -> UUID:
    """Ask for a refresh and return its run."""
    answer = await run_pipeline(RunRequest(login=login, refresh=True), resources)
    return UUID(answer["run_id"])


async def statuses(resources: Resources, runs: list[UUID]) -> list[str]:
    """Return how the runs stand."""
    return [(await run_row(resources, run_id)).status for run_id in runs]


async def test_bulk_runs_wait_in_line(
    road: Resources,  # noqa: F811
    js: JetStreamContext,
) -> None:
    """Refreshes are admitted four at a time, the oldest first, each told once when it begins."""
    runs = [await refreshed(road, f"pip-{number}") for number in range(6)]
    assert await told_events(road) == []
    sweep = Sweep(road, js)
    await sweep.pass_once()
    await sweep.pass_once()
    assert await statuses(road, runs) == ["running"] * 4 + ["queued"] * 2

    await keep_ledger(
        card_failed(runs[1], STAGES[0], "github_unavailable"),
        road,
    )
    await sweep.pass_once()
    assert await statuses(road, runs[4:]) == ["running", "queued"]
    started = [event for event in await told_events(road) if isinstance(event, PipelineStarted)]
    assert [event.run_id for event in started] == runs[:5]
    assert {event.policy.notify for event in started} == {Notify.none}


async def test_people_come_first(
    road: Resources,  # noqa: F811
    js: JetStreamContext,
) -> None:
    """A person's run begins at once, however many wait, and takes up a place of the bulk runs."""
    runs = [await refreshed(road, f"pip-{number}") for number in range(5)]
    people = [await start_run(road, f"ada-{number}", f"person-{number}") for number in range(3)]
    await Sweep(road, js).pass_once()

    assert await statuses(road, people) == ["running"] * 3
    assert await statuses(road, runs) == ["running"] + ["queued"] * 4


async def test_a_person_does_not_wait_for_a_refresh(resources: Resources) -> None:
    """A submission takes the place of the profile's waiting refresh; a refresh takes nobody's."""
    waiting = await refreshed(resources, "pip")
    submitted = await start_run(resources, "pip")

    assert await statuses(resources, [waiting, submitted]) == ["canceled", "running"]
    assert await refreshed(resources, "pip") == submitted


async def test_a_waiting_run_is_canceled(
    road: Resources,  # noqa: F811
    js: JetStreamContext,
) -> None:
    """A queued run can be called off, and is then never admitted."""
    run_id = await refreshed(road, "pip")
    await cancel_run(CancelRequest(login_or_run="pip"), road)
    await Sweep(road, js).pass_once()

    assert await statuses(road, [run_id]) == ["canceled"]
    assert [event.subject for event in await told(road, run_id)] == ["pipeline.canceled"]


async def test_a_bulk_retry_waits_too(
    road: Resources,  # noqa: F811
    js: JetStreamContext,
) -> None:
    """A mass retry of a picture stays in line and begins at its picture when it is admitted."""
    parent = await with_pictures(road, "og")
    run_id = await retried(road, parent, bulk=True)
    assert await statuses(road, [run_id]) == ["queued"]
    assert await told(road, run_id) == []
    await Sweep(road, js).pass_once()

    assert await requested(road, run_id) == ["og"]
    async with transaction(road.sessions) as session:
        lines = await session.scalars(
            select(Entry.kind).where(Entry.run_id == run_id).order_by(Entry.id)
        )
    assert list(lines)[:2] == ["queued", "started"]
