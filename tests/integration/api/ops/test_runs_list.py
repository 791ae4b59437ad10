"""The list of runs: what its filters find, page by page, and what it counts."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from techub_api.ops import listing
from techub_api.ops.filters import Filter
from techub_api.ops.listing import database_time, page_of_runs, summary_of
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_common.database import transaction
from tests.integration.api.conftest import start_run
from tests.integration.api.facts import card, failed, recorded
from tests.integration.api.pages.conftest import refused


async def mixed(resources: Resources) -> dict[str, UUID]:
    """Make one run of each kind, and return them by what they are."""
    made = {"failure": await refused(resources, "Ghost-rider")}
    made["running"] = await start_run(resources, "busy-bee")
    for kind, failing in (("success", ()), ("partial_success", ("og",)), ("failure2", ())):
        login = kind.replace("_", "-")
        run_id = made[kind] = await start_run(resources, login)
        await keep_ledger(await card(resources, run_id, login, github_id=len(made) + 50), resources)
        for variant in resources.variants:
            lost = variant in failing or kind == "failure2"
            told = failed(run_id, variant) if lost else recorded(run_id, variant)
            await keep_ledger(told, resources)
    return made


async def found(resources: Resources, **wanted: object) -> list[UUID]:
    """Return the runs a filter finds, newest first."""
    async with transaction(resources.sessions) as session:
        now = await database_time(session)
        page = await page_of_runs(session, Filter(**wanted), now)  # type: ignore[arg-type]
    return [line.run_id for line in page.lines]


async def test_each_filter(resources: Resources) -> None:
    """Status, login, stage, trigger and time each find their runs and no others; all count."""
    made = await mixed(resources)
    newest_first = [*reversed(made.values())]
    long_ago = datetime.now(UTC) - timedelta(hours=30)
    async with transaction(resources.sessions) as session:
        await session.execute(
            update(Run).where(Run.id == made["failure"]).values(created_at=long_ago, trigger="cli")
        )

    assert await found(resources) == newest_first
    assert await found(resources, status=("running",)) == [made["running"]]
    assert await found(resources, status=("success", "running")) == [
        made["success"],
        made["running"],
    ]
    assert await found(resources, login="ghost") == [made["failure"]]
    assert await found(resources, login="@GHOST-RIDER") == [made["failure"]]
    assert await found(resources, login="rider") == []
    assert await found(resources, login="%") == []
    assert await found(resources, stage="capture:og") == [
        made["failure2"],
        made["partial_success"],
    ]
    assert await found(resources, stage="capture:card") == [made["failure2"]]
    assert await found(resources, trigger="cli") == [made["failure"]]
    assert await found(resources, since="1d") == newest_first[:-1]
    assert await found(resources, until="1d") == [made["failure"]]
    assert await found(resources, since=(long_ago - timedelta(hours=1)).isoformat()) == newest_first
    assert await found(resources, status=("failure",), stage="capture:og", since="1h") == [
        made["failure2"]
    ]


async def test_counts_and_hours(resources: Resources) -> None:
    """Counts are of what fits, whatever status is chosen; hours hold a day and no more."""
    made = await mixed(resources)
    async with transaction(resources.sessions) as session:
        now = await database_time(session)
        old = update(Run).where(Run.id == made["success"])
        await session.execute(old.values(created_at=now - timedelta(hours=25)))
        counts, hours = await summary_of(session, Filter(status=("failure",)), now)
        narrowed, _ = await summary_of(session, Filter(login="ghost"), now)

    assert counts == {
        "queued": 0,
        "running": 1,
        "success": 1,
        "partial_success": 1,
        "failure": 2,
        "canceled": 0,
    }
    assert sum(narrowed.values()) == 1
    assert len(hours) == 24
    assert sum(sum(hour.counts.values()) for hour in hours) == 4


async def test_pages_join_without_a_gap(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older and newer pages hold every run once, also while new ones come in at the front."""
    monkeypatch.setattr(listing, "PER_PAGE", 3)
    runs = [await start_run(resources, f"pip-{number}", f"p{number}") for number in range(8)]
    seen: list[UUID] = []
    keys: list[int | None] = [None]
    async with transaction(resources.sessions) as session:
        now = await database_time(session)
        while True:
            page = await page_of_runs(session, Filter(), now, before=keys[-1])
            seen += [line.run_id for line in page.lines]
            if page.older is None:
                break
            keys.append(page.older)
        back = await page_of_runs(session, Filter(), now, after=page.newer)
        front = await page_of_runs(session, Filter(), now, after=back.newer)

    assert seen == [*reversed(runs)]
    assert [line.run_id for line in back.lines] == seen[3:6]
    assert [line.run_id for line in front.lines] == seen[:3]
    assert front.newer is None


async def test_the_page(place: Resources, operator: AsyncClient) -> None:
    """The address is the filter: what was found is on the page, and the form says what is asked."""
    made = await mixed(place)
    page = await operator.get("/ops/jobs", params={"status": "failure", "stage": "capture:og"})

    assert page.status_code == 200
    assert re.findall(r'href="/ops/runs/([0-9a-f-]{36})"', page.text) == [str(made["failure2"])]
    assert "no_picture" in page.text
    assert '<option value="capture:og" selected>' in page.text
    assert '<input type="hidden" name="status" value="failure">' in page.text


@pytest.mark.parametrize("query", ["since=yesterday", "trigger=nobody", "until=soon", "before=x"])
async def test_what_nobody_can_read(operator: AsyncClient, query: str) -> None:
    """A filter that means nothing is refused, never left out in silence."""
    assert (await operator.get(f"/ops/jobs?{query}")).status_code in {404, 422}


async def test_hostile_filters(operator: AsyncClient) -> None:
    """Markup in an address is text on the page."""
    page = await operator.get("/ops/jobs", params={"login": '"><script>alert(1)</script>'})

    assert page.status_code == 200
    assert "<script>alert(1)" not in page.text
