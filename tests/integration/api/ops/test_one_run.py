"""A run's page: what happened, what it left, and what an operator does about it."""

import io
import json
import re
import zipfile
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from httpx import AsyncClient
from sqlalchemy import select

from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_common.database import transaction
from techub_common.events import PipelineCanceled, StageRecorded, StageStatus, Trigger
from tests.integration.api.conftest import run_row, start_run, told_events
from tests.integration.api.ops.conftest import actions, operator_at, post, runs_of
from tests.integration.api.pages.conftest import refused
from tests.integration.api.test_retrying import requested, with_pictures

RAW = "PoolTimeout: upstream connect error, 10.1.2.3:443"


async def retrying(resources: Resources, run_id: UUID) -> None:
    """Tell of a stage that failed twice, each time in its own words, before it was done."""
    began = "2026-11-27T00:00:00Z"
    for attempt, status in ((1, "retrying"), (2, "retrying"), (3, "completed")):
        told: dict[str, Any] = {"run_id": run_id, "login": "pip", "stage": "pull_github_data"}
        told |= {"status": StageStatus(status), "attempt": attempt, "started_at": began}
        told |= {"duration_ms": 100 * attempt}
        if status == "retrying":
            told |= {"message": f"{RAW} #{attempt}", "detail": {"code": "github_unavailable"}}
        await keep_ledger(StageRecorded.model_validate(told), resources)


async def repeats(resources: Resources, run_id: UUID) -> list[Run]:
    """Return the runs that repeat a run."""
    async with transaction(resources.sessions) as session:
        rows = await session.scalars(select(Run).where(Run.parent_run_id == run_id))
        return list(rows)


async def test_everything_is_there(place: Resources, operator: AsyncClient) -> None:
    """Steps with each try and the raw error, pictures, artifacts, what was told: on one page."""
    run_id = await with_pictures(place, "og")
    await retrying(place, run_id)
    page = (await operator.get(f"/ops/runs/{run_id}")).text

    assert f"{RAW} #1" in page
    assert f"{RAW} #2" in page
    assert '<span class="badge">3rd try</span>' in page
    rows = re.findall(r'<details class="fall-row \w+" data-key="([^"]+)"', page)
    assert sorted(rows) == sorted(set(rows))
    for step in ("pull_github_data", "capture:og", "optimize:card"):
        assert f'<span class="mono">{step}</span>' in page
    assert "pipeline.started" in page
    assert "capture.requested" in page
    assert f"/ops/runs/{run_id}/objects/runs/{run_id}/pull_github_data.json" in page
    assert "The notifier does not answer" in page
    assert "pipeline.partial" in page


async def test_there_is_no_such_run(operator: AsyncClient) -> None:
    """An unknown id is not found, whatever is done with it; nothing is recorded."""
    nowhere = f"/ops/runs/{uuid4()}"

    assert (await operator.get(nowhere)).status_code == 404
    assert (await operator.get(f"{nowhere}/snapshot.zip")).status_code == 404
    assert (await post(operator, f"{nowhere}/retry", what="retry", why="x")).status_code == 404
    assert (await post(operator, f"{nowhere}/cancel", why="x")).status_code == 404


async def test_objects_are_the_runs_own(place: Resources, operator: AsyncClient) -> None:
    """An operator opens what lies in the run's folders as text, and nothing beside them."""
    run_id = await with_pictures(place)
    other = await start_run(place, "other", "bob")
    await place.objects.put(f"runs/{other}/secret.json", b'{"a": 1}', "application/json")
    await place.objects.put(f"debug/{run_id}/og.html", b"<script>alert(1)</script>", "text/html")
    own = await operator.get(f"/ops/runs/{run_id}/objects/runs/{run_id}/pull_github_data.json")
    page = await operator.get(f"/ops/runs/{run_id}/objects/debug/{run_id}/og.html")

    assert json.loads(own.text)["login"] == "pip"
    assert own.text.startswith("{\n")
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    for key in (
        f"runs/{other}/secret.json",
        f"runs/{run_id}/../{other}/secret.json",
        f"runs/{run_id}/%2e%2e/{other}/secret.json",
        f"runs/{run_id}/nothing.json",
        "generated/pip/og-aaaaaaaaaaaa.png",
    ):
        assert (await operator.get(f"/ops/runs/{run_id}/objects/{key}")).status_code == 404


async def test_the_snapshot(place: Resources, operator: AsyncClient) -> None:
    """The archive holds the rows, the story, what was told, and every object by its key."""
    run_id = await with_pictures(place, "og")
    await place.objects.put(f"runs/{run_id}/captures/og-1.png", b"\x89PNG" * 9, "image/png")
    answer = await operator.get(f"/ops/runs/{run_id}/snapshot.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    folder = f"run-{str(run_id)[:8]}"

    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{folder}.zip"'
    assert archive.testzip() is None
    run = json.loads(archive.read(f"{folder}/run.json"))
    assert (run["id"], run["status"]) == (str(run_id), "partial_success")
    told = json.loads(archive.read(f"{folder}/told.json"))
    assert told[0]["body"]["type"] == "techub.pipeline.started.v1"
    assert archive.read(f"{folder}/runs/{run_id}/captures/og-1.png") == b"\x89PNG" * 9
    for name in (
        "steps.json",
        "story.json",
        "pictures.json",
        f"runs/{run_id}/pull_github_data.json",
    ):
        assert archive.read(f"{folder}/{name}")


async def test_retry_what_failed(place: Resources, operator: AsyncClient) -> None:
    """Only what failed is taken again, in the operator's name, and it is written down."""
    run_id = await with_pictures(place, "og", "card")
    answer = await post(operator, f"/ops/runs/{run_id}/retry", what="retry", why="INC-7: away")
    [new] = await repeats(place, run_id)
    [action] = await actions(place)
    [row] = (await runs_of(place, action.id)).values()

    assert answer.headers["location"] == f"/ops/runs/{new.id}"
    assert await requested(place, new.id) == ["og", "card"]
    assert (new.trigger, new.notify, new.bulk) == (Trigger.ops, "ops", False)
    assert (action.operator, action.kind, action.why) == ("root", "retry", "INC-7: away")
    assert (action.state, action.said) == ("done", "1 done")
    assert (row.run_id, row.outcome, row.made_run_id) == (run_id, "done", new.id)
    assert "INC-7: away" in (await operator.get(f"/ops/runs/{run_id}")).text
    assert "INC-7: away" in (await operator.get("/ops/actions")).text


async def test_retry_one_step(place: Resources, operator: AsyncClient) -> None:
    """Of two pictures that failed the one that was asked for is taken again."""
    run_id = await with_pictures(place, "og", "card")
    await post(operator, f"/ops/runs/{run_id}/retry", what="retry", step="capture:card", why="x")
    [new] = await repeats(place, run_id)

    assert await requested(place, new.id) == ["card"]


async def test_retry_all_of_it(place: Resources, operator: AsyncClient) -> None:
    """A run that went well starts over, from GitHub on, when an operator wants it to."""
    run_id = await with_pictures(place)
    await post(operator, f"/ops/runs/{run_id}/retry", what="restart", why="x")
    [new] = await repeats(place, run_id)
    told = [type(event).__name__ for event in await told_events(place) if event.run_id == new.id]

    assert told == ["PipelineStarted"]
    assert new.options == (await run_row(place, run_id)).options


async def test_what_is_refused_is_said_and_kept(place: Resources, operator: AsyncClient) -> None:
    """Nothing to retry: the page says so in the ledger's own words, and so does the record."""
    run_id = await with_pictures(place)
    answer = await post(operator, f"/ops/runs/{run_id}/retry", what="retry", why="x")
    page = await operator.get(answer.headers["location"])
    [action] = await actions(place)

    assert "nothing of the run" in page.text
    assert action.said == "1 refused"
    assert await repeats(place, run_id) == []


async def test_cancel(place: Resources, operator: AsyncClient) -> None:
    """An open run ends at once with who ended it and why; a second time is refused."""
    run_id = await start_run(place, "pip")
    await post(operator, f"/ops/runs/{run_id}/cancel", why="stuck since noon")
    [told] = [one for one in await told_events(place) if isinstance(one, PipelineCanceled)]
    over = await refused(place)
    await post(operator, f"/ops/runs/{over}/cancel", why="x")

    assert (await run_row(place, run_id)).status == "canceled"
    assert (told.by, told.reason) == ("ops:root", "stuck since noon")
    assert [action.said for action in await actions(place)] == ["1 done", "1 refused"]
    assert (await run_row(place, over)).status == "failure"


async def test_without_a_reason_nothing_happens(place: Resources, operator: AsyncClient) -> None:
    """Who does not say why is asked to, and nothing was done."""
    run_id = await with_pictures(place, "og")
    answers = [
        await post(operator, f"/ops/runs/{run_id}/retry", what="retry", why="  "),
        await post(operator, f"/ops/runs/{run_id}/cancel"),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert await actions(place) == []


async def test_deliveries_of_the_notifier(place: Resources) -> None:
    """What the notifier says of each mail is on the page; addresses it does not give are not."""
    asked = []

    async def notifier(subject: str, question: Any, *, within: float = 0.0) -> dict[str, Any]:
        asked.append((subject, question.run, within))
        delivery = {"id": "0123456789", "audience": "owners", "recipient": "a…@example.org"}
        delivery |= {"state": "parked", "attempts": 4, "last_error": "resend_timeout"}
        return {"ok": True, "deliveries": [delivery]}

    run_id = await with_pictures(place)
    async with operator_at(replace(place, ask=notifier)) as client:
        page = (await client.get(f"/ops/runs/{run_id}")).text

    assert [one[:2] for one in asked] == [("ask.notifier.list", str(run_id))]
    assert "parked" in page
    assert "resend_timeout" in page
