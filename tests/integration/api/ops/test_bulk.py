"""Many runs at once: a dry run says which, and what is done then is exactly that, slowly."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, update

from techub_api.ops.tables import Action
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run
from techub_common.database import transaction
from tests.integration.api.conftest import run_row, start_run
from tests.integration.api.facts import card, failed, recorded
from tests.integration.api.http.test_security import counted
from tests.integration.api.ops.conftest import (
    actions,
    carried_out,
    confirmed,
    looked,
    operator_at,
    post,
    runs_of,
)
from tests.integration.api.pages.conftest import refused


async def ended(resources: Resources, login: str, number: int, *failing: str) -> UUID:
    """Run a card of this login to its end, these pictures failing."""
    run_id = await start_run(resources, login, f"keeper-{login}")
    await keep_ledger(await card(resources, run_id, login, github_id=number), resources)
    for kind in resources.variants:
        fact = failed(run_id, kind) if kind in failing else recorded(run_id, kind)
        await keep_ledger(fact, resources)
    return run_id


async def made_since(resources: Resources, before: set[UUID]) -> list[Run]:
    """Return the runs that were not there before, in order."""
    async with transaction(resources.sessions) as session:
        rows = await session.scalars(select(Run).order_by(Run.number))
        return [run for run in rows if run.id not in before]


async def everybody(resources: Resources) -> set[UUID]:
    """Return every run there is."""
    async with transaction(resources.sessions) as session:
        return set(await session.scalars(select(Run.id)))


async def test_a_dry_run_is_what_is_done(place: Resources, operator: AsyncClient) -> None:
    """What was said would be repeated is repeated, once each, in line; the rest is left alone."""
    wanted = {await ended(place, f"lost-{n}", n, "og") for n in (1, 2, 3)}
    whole = await ended(place, "whole", 9)
    twice = await ended(place, "twice", 8, "og")
    newest = await ended(place, "twice", 8, "og")
    busy = await ended(place, "busy", 7, "og")
    await start_run(place, "busy", "keeper-busy")
    before = await everybody(place)

    number = await looked(
        operator, "/ops/jobs/plan", kind="retry", status=["partial_success", "success"]
    )
    planned = await runs_of(place, number)
    page = await operator.get(f"/ops/actions/{number}")
    assert await everybody(place) == before
    to_do = {run_id for run_id, row in planned.items() if row.outcome is None}
    assert to_do == wanted | {newest}
    assert {*planned} - to_do == {whole, twice, busy}
    assert '<strong class="figure">4</strong> runs would be repeated' in page.text

    await confirmed(operator, number, "INC-9: the store was away")
    late = await ended(place, "late", 10, "og")
    before |= {late}
    await carried_out(place)
    done = await runs_of(place, number)
    made = await made_since(place, before)
    assert {run.parent_run_id for run in made} == to_do
    assert {row.made_run_id for row in done.values() if row.outcome == "done"} == {
        run.id for run in made
    }
    assert {(run.status, run.bulk, run.trigger) for run in made} == {("queued", True, "ops")}
    [action] = await actions(place)
    assert (action.state, action.said) == ("done", "4 done, 3 refused")
    assert (action.operator, action.why) == ("root", "INC-9: the store was away")
    assert action.asked["filter"] == {"status": ["success", "partial_success"]}


async def test_a_crash_in_the_middle_repeats_nothing(
    place: Resources, operator: AsyncClient
) -> None:
    """A retry whose record was lost in a crash is found again by its id, not started twice."""
    run_ids = [await ended(place, f"lost-{n}", n, "og") for n in (1, 2)]
    before = await everybody(place)
    number = await looked(operator, "/ops/jobs/plan", kind="retry")
    await confirmed(operator, number)
    await carried_out(place)
    made = await made_since(place, before)
    async with transaction(place.sessions) as session:
        action = await session.get_one(Action, number)
        action.state, action.ended_at = "begun", None
    for row in (await runs_of(place, number)).values():
        async with transaction(place.sessions) as session:
            again = await session.merge(row)
            again.outcome = again.made_run_id = None
    await carried_out(place)

    assert len(made) == len(run_ids)
    assert len(await made_since(place, before)) == len(run_ids)
    assert {row.made_run_id for row in (await runs_of(place, number)).values()} == {
        run.id for run in made
    }


async def test_what_changed_meanwhile_is_said(place: Resources, operator: AsyncClient) -> None:
    """A run that cannot be repeated any more by its turn is left alone, and the record says why."""
    lost = await ended(place, "lost", 1, "og")
    number = await looked(operator, "/ops/jobs/plan", kind="retry", login="lost")
    again = await ended(place, "lost", 1)
    await confirmed(operator, number)
    await carried_out(place)
    [row] = (await runs_of(place, number)).values()

    assert (row.run_id, row.outcome) == (lost, "refused")
    assert str(again) in row.note


async def test_canceling_many(place: Resources, operator: AsyncClient) -> None:
    """Every open run of the filter is canceled, those that are over are named and left alone."""
    open_runs = {await start_run(place, f"pip-{n}", f"p{n}") for n in range(3)}
    over = await refused(place)
    number = await looked(operator, "/ops/jobs/plan", kind="cancel")
    page = await operator.get(f"/ops/actions/{number}")
    await confirmed(operator, number, "a bad deploy")
    await carried_out(place)

    assert '<strong class="figure">3</strong> runs would be canceled' in page.text
    for run_id in open_runs:
        run = await run_row(place, run_id)
        assert (run.status, run.error and run.error["message"]) == ("canceled", "a bad deploy")
    assert (await run_row(place, over)).status == "failure"
    assert (await runs_of(place, number))[over].note == "is over already: failure"


async def test_starting_over(place: Resources, operator: AsyncClient) -> None:
    """Runs that went well start over when that is asked for, each in line."""
    whole = await ended(place, "whole", 1)
    before = await everybody(place)
    number = await looked(operator, "/ops/jobs/plan", kind="restart", status="success")
    await confirmed(operator, number)
    await carried_out(place)
    [made] = await made_since(place, before)

    assert (made.parent_run_id, made.status, made.view_key) == (whole, "queued", None)


async def test_a_plan_is_good_once_and_for_an_hour(place: Resources, operator: AsyncClient) -> None:
    """Confirmed again, or too late, a plan does nothing; without a reason neither."""
    await ended(place, "lost", 1, "og")
    number = await looked(operator, "/ops/jobs/plan", kind="retry")
    silent = await post(operator, f"/ops/actions/{number}/confirm", why="")
    await confirmed(operator, number)
    again = await post(operator, f"/ops/actions/{number}/confirm", why="twice")
    old = await looked(operator, "/ops/jobs/plan", kind="retry")
    async with transaction(place.sessions) as session:
        at = (await session.get_one(Action, old)).at
        await session.execute(
            update(Action).where(Action.id == old).values(at=at.replace(year=at.year - 1))
        )
    late = await post(operator, f"/ops/actions/{old}/confirm", why="late")

    assert [silent.status_code, again.status_code, late.status_code] == [422, 409, 409]
    assert [action.state for action in await actions(place)] == ["begun", "planned"]
    assert [action.why for action in await actions(place)] == ["INC-1", None]


async def test_another_operator_confirms(place: Resources, operator: AsyncClient) -> None:
    """Who confirms is who did it."""
    await ended(place, "lost", 1, "og")
    number = await looked(operator, "/ops/jobs/plan", kind="retry")
    async with operator_at(place, ("night", "owl:with:colons")) as night:
        await confirmed(night, number)

    assert [action.operator for action in await actions(place)] == ["night"]


async def test_nothing_else_can_be_done(place: Resources, operator: AsyncClient) -> None:
    """A kind nobody knows, and a filter nobody can read, make no plan."""
    await start_run(place, "pip")
    before = await counted(place)
    for fields in ({"kind": "delete"}, {"kind": ""}, {"kind": "retry", "since": "soon"}):
        assert (await post(operator, "/ops/jobs/plan", **fields)).status_code == 422

    assert await counted(place) == before
    assert {run.status for run in await made_since(place, set())} <= set(OPEN)
