"""What `/metrics` says of open runs."""

from datetime import timedelta

from prometheus_client import CollectorRegistry
from sqlalchemy import func, update

from techub_api.metrics import OpenRuns
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_common.database import transaction
from tests.integration.api.conftest import start_run


async def test_open_runs_are_shown(resources: Resources) -> None:
    """Open runs by status, and how long the stillest has stood; nothing is left when they end."""
    registry = CollectorRegistry()
    runs = OpenRuns(resources.sessions, registry)

    def shown() -> tuple[float | None, ...]:
        get = registry.get_sample_value
        states = [get("techub_open_runs", {"status": status}) for status in ("running", "queued")]
        return (*states, get("techub_open_run_still_seconds"))

    await runs.look()
    nothing = shown()
    await start_run(resources, "pip")
    run_id = await start_run(resources, "ada")
    async with transaction(resources.sessions) as session:
        earlier = func.now() - timedelta(seconds=90)
        await session.execute(update(Run).where(Run.id == run_id).values(last_progress_at=earlier))
    await runs.look()
    running, queued, still = shown()
    async with transaction(resources.sessions) as session:
        await session.execute(update(Run).values(status="failure", finished_at=func.now()))
    await runs.look()

    assert nothing == shown() == (0, 0, 0)
    assert (running, queued) == (2, 0)
    assert still is not None
    assert 90 <= still < 150
