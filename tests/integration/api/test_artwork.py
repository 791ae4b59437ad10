"""Whose artwork is drawn and how often: the switch, the owner, the week, and one run at a time."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from techub_api.accounts.actions import user_with_login
from techub_api.artwork.asking import ask_for_artwork, want_no_artwork
from techub_api.artwork.claiming import EVERY, claim
from techub_api.operators.answers import run_pipeline
from techub_api.pictures.assets import show_assets
from techub_api.profiles.tables import Ownership, Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run, Step
from techub_api.spending.budget import TOKENS_OF_A_CARD, TOKENS_OF_ARTWORK, spent_today
from techub_api.submissions.retrying import retry
from techub_common.asks import RetryRequest, RunRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import (
    SUITE,
    AssetRecorded,
    CaptureRequested,
    CardFailed,
    CardGenerated,
    Degradation,
    Ended,
    PipelineStarted,
    Policy,
)
from tests.integration.api.conftest import published, run_row, start_run, told_events
from tests.integration.api.facts import captured, card, failed, recorded
from tests.integration.api.test_budget import switched

PORTRAIT = "avatar_1x1"


@pytest.fixture(autouse=True)
async def pip(resources: Resources) -> UUID:
    """Give the profile of a finished card whose owner asks for artwork, which is switched on."""
    run_id = await start_run(resources, "pip")
    await finish(resources, run_id)
    async with transaction(resources.sessions) as session:
        user = await user_with_login(session, "ada")
        profile_id: UUID = (await session.scalars(select(Profile.id))).one()
        await session.execute(update(Ownership).values(role="owner"))
        await ask_for_artwork(session, user, "pip")
    await switched(resources, artwork=True)
    return profile_id


async def finish(resources: Resources, run_id: UUID, *drawn: str, lost: str = "") -> None:
    """Have the ledger hear of a card, its artworks and its pictures."""
    event = await card(resources, run_id)
    degraded = (Degradation(stage=f"draw_{lost}", reason="It was not drawn."),) if lost else ()
    update = {"artworks": drawn, "degradations": degraded}
    await keep_ledger(event.model_copy(update=update), resources)
    for kind in (*resources.variants, *drawn):
        await keep_ledger(await captured(resources, run_id, kind), resources)
        await keep_ledger(recorded(run_id, kind), resources)


async def policy(resources: Resources, run_id: UUID) -> Policy:
    """Return what a run was submitted under."""
    return Policy.model_validate((await run_row(resources, run_id)).policy)


async def weeks_ago(resources: Resources, ago: timedelta) -> None:
    """Let the turn have been taken so long ago."""
    async with transaction(resources.sessions) as session:
        await session.execute(update(Profile).values(artwork_at=func.now() - ago))


async def week(resources: Resources) -> tuple[UUID | None, datetime | None]:
    """Return which run has the week, and when it began."""
    async with transaction(resources.sessions) as session:
        row = (await session.execute(select(Profile.artwork_run_id, Profile.artwork_at))).one()
    return row[0], row[1]


async def test_once_a_week(resources: Resources) -> None:
    """The first run draws, the next one says why not, and after a week it is drawn again."""
    first = await start_run(resources, "pip")
    await finish(resources, first, *SUITE)
    second = await start_run(resources, "pip")
    async with transaction(resources.sessions) as session:
        step = await session.get_one(Step, (second, "draw_artwork"))
    await finish(resources, second)
    await weeks_ago(resources, EVERY)
    third = await start_run(resources, "pip")

    assert (await policy(resources, first)).artwork
    refused = await policy(resources, second)
    assert not refused.artwork
    assert (refused.artwork_withheld or "").startswith("Artwork is drawn once a week; again from ")
    assert (step.status, step.code) == ("skipped", "drawn_lately")
    assert (await policy(resources, third)).artwork
    assert (await run_row(resources, first)).status == "success"


async def test_racing_claims(resources: Resources, pip: UUID) -> None:
    """Of runs that claim the same week at once exactly one gets it."""

    async def racing() -> bool:
        async with transaction(resources.sessions) as session:
            return await claim(session, pip, uuid4())

    assert sorted(await asyncio.gather(*(racing() for _ in range(8)))) == [*[False] * 7, True]


async def test_racing_submissions(resources: Resources) -> None:
    """People who submit at once and again open one run that draws; the week is used up then."""
    at_once = set(await asyncio.gather(*(start_run(resources, "pip") for _ in range(6))))
    [run_id] = at_once
    await finish(resources, run_id, PORTRAIT)
    again = set(await asyncio.gather(*(start_run(resources, "pip") for _ in range(6))))

    assert [(await policy(resources, one)).artwork for one in (*at_once, *again)] == [True, False]


async def test_not_asked_for(resources: Resources) -> None:
    """Without the owner's word, or the switch, nothing is drawn and nothing is said of it."""
    async with transaction(resources.sessions) as session:
        await want_no_artwork(session, await user_with_login(session, "ada"), "pip")
    unasked = await start_run(resources, "pip")
    await finish(resources, unasked)
    async with transaction(resources.sessions) as session:
        await ask_for_artwork(session, await user_with_login(session, "ada"), "pip")
    await switched(resources, artwork=False)
    off = await start_run(resources, "pip")

    for run_id in (unasked, off):
        found = await policy(resources, run_id)
        assert (found.artwork, found.artwork_withheld) == (False, None)


async def test_only_the_owner_asks(resources: Resources) -> None:
    """Who merely looks after a profile decides nothing about artwork."""
    async with transaction(resources.sessions) as session:
        stranger = await user_with_login(session, "bob")
        with pytest.raises(Permanent, match="Only the owner"):
            await ask_for_artwork(session, stranger, "pip")


async def test_over_the_budget(resources: Resources) -> None:
    """Over the day's budget nothing is drawn, and it says so; an open run is counted with it."""
    run_id = await start_run(resources, "pip")
    async with transaction(resources.sessions) as session:
        promised = (await spent_today(session)).promised
    await finish(resources, run_id)  # it drew nothing: its week is free again
    await switched(resources, daily_tokens=0)
    await switched(resources, daily_tokens=1)
    await start_run(resources, "bob", person="bob")
    over = await start_run(resources, "pip")

    assert promised == TOKENS_OF_A_CARD + TOKENS_OF_ARTWORK
    found = await policy(resources, over)
    assert (found.artwork, found.artwork_withheld) == (
        False,
        "The day's budget for models is used up.",
    )


async def test_published(resources: Resources) -> None:
    """Artworks are assets of kinds of their own, with who drew them; nobody captures them."""
    run_id = await start_run(resources, "pip")
    await finish(resources, run_id)
    run_id = await start_run(resources, "pip")
    event = (await card(resources, run_id)).model_copy(update={"artworks": (PORTRAIT,)})
    await keep_ledger(event, resources)
    await keep_ledger(await captured(resources, run_id, PORTRAIT), resources)
    made = recorded(run_id, PORTRAIT).model_copy(update={"provider": "vertex"})
    await keep_ledger(made, resources)
    async with transaction(resources.sessions) as session:
        shown = await show_assets(session, "pip", resources.settings)
        steps = set(await session.scalars(select(Step.name).where(Step.run_id == run_id)))
    asked = [one for one in await told_events(resources) if isinstance(one, CaptureRequested)]

    assert shown is not None
    assert {(one.kind, one.provider) for one in shown.assets if one.kind == PORTRAIT} == {
        (PORTRAIT, "vertex")
    }
    assert PORTRAIT not in {one.variant for one in asked}
    assert f"capture:{PORTRAIT}" not in steps
    assert f"optimize:{PORTRAIT}" in steps


async def test_the_run_waits_for_it(resources: Resources) -> None:
    """A run ends when its artworks are settled, too; one that cannot be opened degrades it."""
    run_id = await start_run(resources, "pip")
    event = (await card(resources, run_id)).model_copy(update={"artworks": SUITE[:2]})
    await keep_ledger(event, resources)
    for kind in (*resources.variants, SUITE[0]):
        await keep_ledger(await captured(resources, run_id, kind), resources)
        await keep_ledger(recorded(run_id, kind), resources)
    before = (await run_row(resources, run_id)).status
    await keep_ledger(failed(run_id, SUITE[1], "optimize"), resources)
    run = await run_row(resources, run_id)

    assert (before, run.status) == ("running", "partial_success")
    assert run.degradations == [
        {
            "stage": f"optimize:{SUITE[1]}",
            "reason": f"The artwork {SUITE[1]} could not be made",
        }
    ]
    assert set(await published(resources)) == {*resources.variants, SUITE[0]}


async def test_taken_down(resources: Resources) -> None:
    """Who wants none any more has it taken down, also what is drawn right then; the week stays."""
    run_id = await start_run(resources, "pip")
    await finish(resources, run_id, *SUITE)
    await weeks_ago(resources, EVERY)
    drawing = await start_run(resources, "pip")
    async with transaction(resources.sessions) as session:
        ada = await user_with_login(session, "ada")
        await want_no_artwork(session, ada, "pip")
    await finish(resources, drawing, *SUITE)
    async with transaction(resources.sessions) as session:
        await ask_for_artwork(session, await user_with_login(session, "ada"), "pip")
    after = await start_run(resources, "pip")

    assert set(await published(resources)) == set(resources.variants)
    assert (await run_row(resources, drawing)).status == "success"
    assert not (await policy(resources, after)).artwork


@pytest.mark.parametrize("ending", ["failed", "nothing drawn"])
async def test_the_week_is_given_back(resources: Resources, ending: str) -> None:
    """A run that fails, or draws nothing, does not use up the week."""
    run_id = await start_run(resources, "pip")
    if ending == "failed":
        fact = CardFailed(
            run_id=run_id, login="pip", stage="pull_github_data", code="timed_out", message="No."
        )
        await keep_ledger(fact, resources)
    else:
        await finish(resources, run_id, lost=PORTRAIT)
    again = await start_run(resources, "pip")

    assert (await policy(resources, again)).artwork


async def test_a_retry_draws_what_was_lost(resources: Resources) -> None:
    """Repeating what could not be drawn belongs to the parent's week; the rest is carried over."""
    run_id = await start_run(resources, "pip")
    await finish(resources, run_id, *SUITE[1:], lost=PORTRAIT)
    asked = await retry(resources, RetryRequest(login_or_run=str(run_id)))

    assert (await run_row(resources, run_id)).status == "partial_success"
    assert (await policy(resources, asked.run_id)).artwork


async def test_pictures_draw_nothing(resources: Resources) -> None:
    """A run that only takes pictures, retried or not, neither draws nor touches the week."""
    run_id = await start_run(resources, "pip")
    event = (await card(resources, run_id)).model_copy(update={"artworks": SUITE})
    await keep_ledger(event, resources)
    for kind in (*resources.variants, *SUITE):
        await keep_ledger(await captured(resources, run_id, kind), resources)
        settled = failed(run_id, kind, "capture") if kind == "og" else recorded(run_id, kind)
        await keep_ledger(settled, resources)
    began = await week(resources)
    asked = await retry(resources, RetryRequest(login_or_run=str(run_id)))
    retried = await policy(resources, asked.run_id)
    await keep_ledger(await captured(resources, asked.run_id, "og"), resources)
    await keep_ledger(recorded(asked.run_id, "og"), resources)

    assert (await run_row(resources, asked.run_id)).status == "success"
    assert (retried.artwork, retried.artwork_withheld) == (False, None)
    assert await week(resources) == began
    assert began[0] == run_id


async def test_a_retry_is_in_its_parents_week(resources: Resources) -> None:
    """It begins no week of its own, and when it drew nothing the parent may be retried again."""
    run_id = await start_run(resources, "pip")
    await finish(resources, run_id, *SUITE[1:], lost=PORTRAIT)
    began = await week(resources)
    first = await retry(resources, RetryRequest(login_or_run=str(run_id)))
    claimed = await week(resources)
    await finish(resources, first.run_id, lost=PORTRAIT)
    over = await week(resources)

    assert claimed == (first.run_id, began[1])
    assert over == began


async def test_the_recipe(resources: Resources) -> None:
    """An operator's suite runs while artwork is off, where the owner asks for it and has a turn."""
    await switched(resources, artwork=False)
    request = RunRequest(login="pip", recipe="avatar_suite")
    answer = await run_pipeline(request, resources)
    run_id = UUID(answer["run_id"])
    started = [one for one in await told_events(resources) if isinstance(one, PipelineStarted)]
    event: CardGenerated = await card(resources, run_id)
    made = {"traits": None, "artworks": (PORTRAIT,), "artifacts": {}}
    await keep_ledger(event.model_copy(update=made), resources)
    recorded_one: AssetRecorded = recorded(run_id, PORTRAIT)
    await keep_ledger(recorded_one, resources)
    ended = [one for one in await told_events(resources) if isinstance(one, Ended)][-1]

    assert started[-1].policy.artwork
    assert set(started[-1].options.only_stages) > {f"draw_{kind}" for kind in SUITE}
    assert started[-1].options.screenshots == "skip"
    assert (ended.run_id, ended.notify) == (run_id, "none")
    assert (await run_row(resources, run_id)).status == "success"
    assert PORTRAIT in await published(resources)
    with pytest.raises(Permanent, match="once a week") as refused:
        await run_pipeline(request, resources)
    assert refused.value.code == "artwork_withheld"
    unasked = await run_pipeline(request.model_copy(update={"unasked": True}), resources)
    assert unasked["created"]


async def test_the_recipe_where_nobody_asks(resources: Resources) -> None:
    """Without the owner's word it is refused, and no run is opened."""
    async with transaction(resources.sessions) as session:
        await session.execute(update(Profile).values(artwork_wanted=False))
        before = await session.scalar(select(func.count()).select_from(Run))
    with pytest.raises(Permanent, match="the owner asks for it") as refused:
        await run_pipeline(RunRequest(login="pip", recipe="avatar_suite"), resources)
    async with transaction(resources.sessions) as session:
        after = await session.scalar(select(func.count()).select_from(Run))

    assert refused.value.code == "artwork_withheld"
    assert before == after
