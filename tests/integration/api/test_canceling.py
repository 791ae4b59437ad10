"""Runs that are called off or overtaken: they end at once, and what still arrives is kept."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from techub_api.operators.answers import cancel_run, retry_run, run_pipeline
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.queries import show_run
from techub_api.runs.tables import Entry, Run, RunPicture, Step
from techub_common.asks import CancelRequest, RetryRequest, RunRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import (
    AvatarState,
    CaptureRequested,
    Ended,
    Event,
    Notify,
    PipelineCanceled,
    PipelineCompleted,
    PipelineStarted,
)
from tests.integration.api.conftest import published, run_row, start_run, told_events
from tests.integration.api.facts import captured, card, failed, recorded


async def told(resources: Resources, run_id: UUID) -> list[Event]:
    """Return what the api told about a run."""
    return [event for event in await told_events(resources) if event.run_id == run_id]


async def status_of(resources: Resources, login: str = "pip") -> str | None:
    """Return the published status of a profile."""
    async with transaction(resources.sessions) as session:
        return await session.scalar(select(Profile.status).where(Profile.login == login))


async def finished(resources: Resources) -> UUID:
    """Run a card to success and return the run."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for kind in resources.variants:
        await keep_ledger(recorded(run_id, kind), resources)
    return run_id


async def asked(resources: Resources, **request: object) -> tuple[UUID, bool]:
    """Ask for a run as an operator does."""
    answer = await run_pipeline(RunRequest.model_validate({"login": "pip"} | request), resources)
    return UUID(answer["run_id"]), answer["created"]


async def canceled(resources: Resources, what: object, **more: str) -> bool:
    """Cancel as an operator does and return whether that did it."""
    answer = await cancel_run(CancelRequest(login_or_run=str(what), **more), resources)
    return bool(answer["canceled"])


@pytest.mark.parametrize("by_login", [True, False])
async def test_cancel(resources: Resources, by_login: bool) -> None:
    """The run ends at once, with its reason, told as canceled and as nothing else; once."""
    run_id = await start_run(resources, "pip")
    done = [
        await canceled(resources, "pip" if by_login else run_id, reason="write to a@b.example")
        for _ in range(2)
    ]

    assert done == [True, False]
    [_, ending] = await told(resources, run_id)
    assert isinstance(ending, PipelineCanceled)
    assert ending.by == "cli"
    assert "a@b.example" not in ending.reason
    row = await run_row(resources, run_id)
    assert row.status == await status_of(resources) == "canceled"
    assert row.finished_at is not None
    async with transaction(resources.sessions) as session:
        last = (await session.scalars(select(Entry).order_by(Entry.id))).all()[-1]
        shown = await show_run(session, run_id, resources.settings)
    assert (last.kind, last.data["status"]) == ("ended", "canceled")
    assert shown is not None
    assert shown.is_over
    assert shown.error is not None
    assert shown.error.sentence == "The run was called off."


async def test_what_cannot_be_canceled(resources: Resources) -> None:
    """A run that is over stays as it ended, and an unknown one is named."""
    run_id = await finished(resources)
    with pytest.raises(Permanent, match="is over already: success") as refused:
        await canceled(resources, run_id)
    with pytest.raises(Permanent, match="no run of 'nobody'"):
        await canceled(resources, "nobody")

    assert refused.value.code == "run_over"
    assert (await run_row(resources, run_id)).status == "success"


async def test_cancel_during_capture(resources: Resources) -> None:
    """Results that still arrive are kept with their steps, published nowhere, and mail nobody."""
    first, second, third = resources.variants
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    await keep_ledger(recorded(run_id, first), resources)
    await canceled(resources, run_id)
    await keep_ledger(await captured(resources, run_id, second), resources)
    await keep_ledger(recorded(run_id, second), resources)
    await keep_ledger(await captured(resources, run_id, third), resources)
    await keep_ledger(failed(run_id, third, "optimize"), resources)

    assert await published(resources) == {first: run_id}
    assert not [event for event in await told(resources, run_id) if isinstance(event, Ended)]
    assert (await run_row(resources, run_id)).status == "canceled"
    assert not await resources.objects.exists(f"generated/pip/{third}-0123456789ab.png")
    async with transaction(resources.sessions) as session:
        step = await session.get_one(Step, (run_id, f"optimize:{second}"))
        states = await session.execute(
            select(RunPicture.kind, RunPicture.state).where(RunPicture.run_id == run_id)
        )
    assert step.status == "completed"
    assert {row[0]: row[1] for row in states} == {
        first: "recorded",
        second: "recorded",
        third: "failed",
    }


async def test_a_card_after_the_cancel(resources: Resources) -> None:
    """A card that comes too late asks for no picture and changes no profile; its keys are kept."""
    run_id = await start_run(resources, "pip")
    await canceled(resources, run_id)
    await keep_ledger(await card(resources, run_id, avatar=AvatarState.sent), resources)
    await keep_ledger(recorded(run_id, "avatar"), resources)

    assert [type(event) for event in await told(resources, run_id)] == [
        PipelineStarted,
        PipelineCanceled,
    ]
    assert "pull_github_data" in (await run_row(resources, run_id)).artifacts
    async with transaction(resources.sessions) as session:
        profile = (await session.scalars(select(Profile))).one()
    assert (profile.github_id, profile.avatar_key) == (None, None)


async def test_cancel_against_the_last_picture(resources: Resources) -> None:
    """Whichever comes first wins: the run ends once, either way."""
    for number in range(6):
        login = f"pip-{number}"
        run_id = await start_run(resources, login, person=f"person-{number}")
        await keep_ledger(await card(resources, run_id, login, github_id=100 + number), resources)
        for kind in resources.variants[1:]:
            await keep_ledger(recorded(run_id, kind), resources)
        await asyncio.gather(
            keep_ledger(recorded(run_id, resources.variants[0]), resources),
            canceled(resources, run_id),
            return_exceptions=True,
        )
        endings = [
            event
            for event in await told(resources, run_id)
            if isinstance(event, Ended | PipelineCanceled)
        ]
        assert len(endings) == 1


async def test_a_full_run_supersedes_a_recipe(resources: Resources) -> None:
    """A full run takes the place of an open recipe run, whose results are published no more."""
    full = await finished(resources)
    refresh, _ = await asked(resources, recipe="screenshot_refresh", force=True)
    submitted = await start_run(resources, "pip")
    await keep_ledger(recorded(refresh, "og", "bbbbbbbbbbbb"), resources)

    assert submitted not in {full, refresh}
    [ending] = [e for e in await told(resources, refresh) if isinstance(e, PipelineCanceled)]
    assert (ending.by, ending.reason) == ("submit", "superseded")
    assert (await run_row(resources, refresh)).status == "canceled"
    assert (await run_row(resources, submitted)).status == "running"
    assert refresh not in (await published(resources)).values()


async def test_what_an_open_run_does_already(resources: Resources) -> None:
    """The same again, or less than the open run does, answers with the open run; more does not."""
    await finished(resources)
    recipe, created = await asked(
        resources, recipe="screenshot_refresh", force=True, variants=["og"]
    )
    again = await asked(resources, recipe="screenshot_refresh", force=True, variants=["og"])
    with pytest.raises(Permanent) as refused:
        await asked(resources, recipe="screenshot_refresh", force=True, variants=["card"])
    full, _ = await asked(resources)

    assert created
    assert again == (recipe, False)
    assert refused.value.code == "run_open"
    assert str(recipe) in str(refused.value)
    assert (await run_row(resources, recipe)).status == "canceled"
    assert await asked(resources) == (full, False)
    assert await asked(resources, recipe="screenshot_refresh", force=True) == (full, False)
    assert await start_run(resources, "pip") == full


async def test_many_ask_at_once(resources: Resources) -> None:
    """However many full runs are asked for while a recipe is open, one run takes its place."""
    await finished(resources)
    recipe, _ = await asked(resources, recipe="screenshot_refresh", force=True)
    answers = await asyncio.gather(
        *(start_run(resources, "pip", f"person-{number}") for number in range(6))
    )

    assert len(set(answers) - {recipe}) == 1
    assert recipe not in answers


@pytest.mark.parametrize("newer_first", [True, False])
async def test_two_open_runs_of_one_account(resources: Resources, newer_first: bool) -> None:
    """When a new login turns out to be an account whose old login is under way, the newer goes on.

    It does not matter which of the two cards is heard of first.
    """
    known = await start_run(resources, "pip")
    await keep_ledger(await card(resources, known, "pip", github_id=7), resources)
    await canceled(resources, known)
    old = await start_run(resources, "pip")
    new = await start_run(resources, "pippa", person="grace")
    for run_id in (new, old) if newer_first else (old, new):
        await keep_ledger(await card(resources, run_id, "Pippa", github_id=7), resources)

    assert (await run_row(resources, old)).status == "canceled"
    assert (await run_row(resources, new)).status == "running"
    for kind in resources.variants:
        await keep_ledger(recorded(new, kind), resources)
    async with transaction(resources.sessions) as session:
        profiles = (await session.scalars(select(Profile))).all()
        runs = set((await session.scalars(select(Run.profile_id))).all())
    assert [(one.github_id, one.login, one.status) for one in profiles] == [(7, "pippa", "success")]
    assert runs == {profiles[0].id}


async def test_screenshot_refresh(resources: Resources) -> None:
    """Pictures alone are taken again of the last card; the profile's status stays, nobody hears."""
    full = await finished(resources)
    async with transaction(resources.sessions) as session:
        profile = (await session.scalars(select(Profile))).one()
        profile.status = "partial_success"
    run_id, _ = await asked(
        resources, recipe="screenshot_refresh", force=True, variants=["card", "og"]
    )
    requests = await told(resources, run_id)

    view_key = (await run_row(resources, full)).view_key
    assert [(type(one), one.variant, one.view_key) for one in requests] == [  # type: ignore[attr-defined]
        (CaptureRequested, "og", view_key),
        (CaptureRequested, "card", view_key),
    ]
    for kind in ("og", "card"):
        await keep_ledger(await captured(resources, run_id, kind), resources)
        await keep_ledger(recorded(run_id, kind, "bbbbbbbbbbbb"), resources)
    ending = (await told(resources, run_id))[-1]
    assert isinstance(ending, PipelineCompleted)
    assert ending.notify is Notify.none
    assert await status_of(resources) == "partial_success"
    current = await published(resources)
    assert {name for name, run in current.items() if run == run_id} == {"og", "card"}
    assert len(current) == len(resources.variants)


async def test_a_failed_refresh_keeps_the_status(resources: Resources) -> None:
    """A recipe that fails changes neither the published status nor the published pictures."""
    full = await finished(resources)
    run_id, _ = await asked(resources, recipe="screenshot_refresh", force=True)
    for kind in resources.variants:
        await keep_ledger(failed(run_id, kind), resources)

    assert (await run_row(resources, run_id)).status == "failure"
    assert await status_of(resources) == "success"
    assert set((await published(resources)).values()) == {full}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"recipe": "bake"}, "unknown_recipe"),
        ({"variants": ["poster"]}, "unknown_variant"),
        ({"variants": []}, "options_refused"),
        ({"skip_stages": ["sleep"]}, "unknown_stage"),
        ({"recipe": "screenshot_refresh", "only_stages": ["pull_github_data"]}, "options_refused"),
        ({"recipe": "screenshot_refresh"}, "nothing_known"),
    ],
)
async def test_what_nobody_can_do(
    resources: Resources, request_: dict[str, object], code: str
) -> None:
    """Options that mean nothing are refused with a sentence, and nothing is left behind."""
    with pytest.raises(Permanent) as refused:
        await asked(resources, **request_)

    assert refused.value.code == code
    async with transaction(resources.sessions) as session:
        assert (await session.scalars(select(Profile.id))).all() == []


async def test_options_reach_the_generator(resources: Resources) -> None:
    """What a run leaves out is said in `pipeline.started`, and only its pictures are owed."""
    run_id, _ = await asked(resources, variants=["card"], skip_stages=["evaluate_eligibility"])
    await keep_ledger(await card(resources, run_id), resources)

    started, *requests = await told(resources, run_id)
    assert isinstance(started, PipelineStarted)
    assert started.options.skip_stages == ("evaluate_eligibility",)
    assert [one.variant for one in requests if isinstance(one, CaptureRequested)] == ["card"]


async def test_no_traits_and_no_card(resources: Resources) -> None:
    """A run that leaves the traits out where there is no card yet fails instead of waiting."""
    run_id, _ = await asked(resources, skip_stages=["generate_ai_profile"])
    without = (await card(resources, run_id)).model_copy(update={"traits": None})
    await keep_ledger(without, resources)

    row = await run_row(resources, run_id)
    assert row.status == "failure"
    assert row.error is not None
    assert row.error["code"] == "nothing_known"


async def test_a_retry_of_a_canceled_run(resources: Resources) -> None:
    """What was made after the cancel was never published, so a retry makes it again."""
    first, *others = resources.variants
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    await keep_ledger(recorded(run_id, first), resources)
    await canceled(resources, run_id)
    await keep_ledger(recorded(run_id, others[0]), resources)
    answer = await retry_run(RetryRequest(login_or_run=str(run_id)), resources)

    asked_for = await told(resources, UUID(answer["run_id"]))
    assert [one.variant for one in asked_for if isinstance(one, CaptureRequested)] == others
