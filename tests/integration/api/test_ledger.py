"""The ledger on a real Postgres: what closes a run, once, in whatever order the facts arrive."""

import asyncio
import itertools
from uuid import uuid4

import pytest
from sqlalchemy import select

from techub_api.profiles.tables import Ownership, Picture, Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Entry, Step
from techub_common.database import transaction
from techub_common.errors import Permanent, Transient
from techub_common.events import (
    AvatarState,
    CaptureRequested,
    CardFailed,
    Ended,
    NotificationRecorded,
    PipelineCompleted,
    PipelineFailed,
    PipelinePartial,
    PipelineStarted,
)
from tests.integration.api.conftest import run_row, start_run, told_events
from tests.integration.api.facts import captured, card, failed, recorded

KINDS = ("og", "og_pro", "card")


@pytest.fixture(autouse=True)
def kinds(resources: Resources) -> tuple[str, ...]:
    """Give the variants a run owes."""
    return resources.variants


async def endings(resources: Resources) -> list[Ended]:
    """Return how runs ended, as the world was told."""
    return [event for event in await told_events(resources) if isinstance(event, Ended)]


async def test_a_whole_run(resources: Resources, kinds: tuple[str, ...]) -> None:
    """Started, card, pictures: the last picture ends the run in success, told once."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for kind in kinds:
        await keep_ledger(await captured(resources, run_id, kind), resources)
        await keep_ledger(recorded(run_id, kind), resources)

    told = await told_events(resources)
    assert [type(event) for event in told] == [
        PipelineStarted,
        *[CaptureRequested] * len(kinds),
        PipelineCompleted,
    ]
    assert [event.variant for event in told if isinstance(event, CaptureRequested)] == list(kinds)
    assert (await run_row(resources, run_id)).status == "success"


async def test_every_fact_three_times(resources: Resources, kinds: tuple[str, ...]) -> None:
    """Repeats change nothing: not the rows, not what is told."""
    run_id = await start_run(resources, "pip")
    facts = [await card(resources, run_id)]
    for kind in kinds:
        facts += [await captured(resources, run_id, kind), recorded(run_id, kind)]  # type: ignore[list-item]
    for fact in itertools.chain(facts, facts, facts):
        await keep_ledger(fact, resources)

    told = await told_events(resources)
    assert len(told) == 1 + len(kinds) + 1


async def test_two_last_pictures_at_once(resources: Resources, kinds: tuple[str, ...]) -> None:
    """However many replicas hear the last pictures together, the run ends, and ends once."""
    for number in range(8):
        run_id = await start_run(resources, f"pip-{number}", person=f"person-{number}")
        await keep_ledger(
            await card(resources, run_id, f"pip-{number}", github_id=100 + number), resources
        )
        await asyncio.gather(*(keep_ledger(recorded(run_id, kind), resources) for kind in kinds))
        assert (await run_row(resources, run_id)).status == "success"

    assert len(await endings(resources)) == 8


async def test_pictures_wait_for_the_avatar(resources: Resources, kinds: tuple[str, ...]) -> None:
    """Captures are asked for once the avatar is settled, and carry its public key."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id, avatar=AvatarState.sent), resources)
    before = [type(event) for event in await told_events(resources)]
    await keep_ledger(recorded(run_id, "avatar"), resources)

    asked = [event for event in await told_events(resources) if isinstance(event, CaptureRequested)]
    assert before == [PipelineStarted]
    assert len(asked) == len(kinds)
    assert {event.avatar_key for event in asked} == {"avatars/avatar-aaaaaaaaaaaa.png"}


async def test_an_avatar_before_the_card(resources: Resources, kinds: tuple[str, ...]) -> None:
    """No consumer relies on order: the avatar may be recorded before the card is heard of."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(recorded(run_id, "avatar"), resources)
    await keep_ledger(await card(resources, run_id, avatar=AvatarState.sent), resources)

    asked = [event for event in await told_events(resources) if isinstance(event, CaptureRequested)]
    assert len(asked) == len(kinds)


async def test_a_refused_avatar_degrades(resources: Resources, kinds: tuple[str, ...]) -> None:
    """Without its avatar the card is made, and the run is partial."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id, avatar=AvatarState.sent), resources)
    await keep_ledger(failed(run_id, "avatar", "optimize"), resources)
    for kind in kinds:
        await keep_ledger(recorded(run_id, kind), resources)

    [ending] = await endings(resources)
    assert isinstance(ending, PipelinePartial)
    assert [part.stage for part in ending.degradations] == ["optimize:avatar"]


async def test_some_pictures_failed(resources: Resources, kinds: tuple[str, ...]) -> None:
    """One picture is enough for a card; what is missing degrades."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    await keep_ledger(recorded(run_id, kinds[0]), resources)
    for kind in kinds[1:]:
        await keep_ledger(failed(run_id, kind), resources)

    [ending] = await endings(resources)
    assert isinstance(ending, PipelinePartial)
    assert ending.counts == {"recorded": 1, "failed": len(kinds) - 1}


async def test_no_picture_at_all(resources: Resources, kinds: tuple[str, ...]) -> None:
    """Without any picture the run has failed."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for kind in kinds:
        await keep_ledger(failed(run_id, kind), resources)

    [ending] = await endings(resources)
    assert isinstance(ending, PipelineFailed)
    assert ending.error is not None
    assert ending.error.code == "no_picture"


async def test_not_optimised_is_published_as_captured(
    resources: Resources, kinds: tuple[str, ...]
) -> None:
    """When only optimising failed, the captured picture itself becomes public."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    with pytest.raises(Transient):  # heard before the capture: tried again later
        await keep_ledger(failed(run_id, kinds[0], "optimize"), resources)
    await keep_ledger(await captured(resources, run_id, kinds[0]), resources)
    await keep_ledger(failed(run_id, kinds[0], "optimize"), resources)
    for kind in kinds[1:]:
        await keep_ledger(recorded(run_id, kind), resources)

    [ending] = await endings(resources)
    assert isinstance(ending, PipelinePartial)
    key = f"generated/pip/{kinds[0]}-0123456789ab.png"
    assert await resources.objects.get(key) == b"png of " + kinds[0].encode()


async def test_a_degraded_card(resources: Resources, kinds: tuple[str, ...]) -> None:
    """What the generator lost makes the run partial though all pictures are there."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id, degraded=True), resources)
    for kind in kinds:
        await keep_ledger(recorded(run_id, kind), resources)

    [ending] = await endings(resources)
    assert isinstance(ending, PipelinePartial)


async def test_card_failed(resources: Resources) -> None:
    """Without a card the run fails with the stage's own code, and the detail is kept."""
    run_id = await start_run(resources, "ghost")
    fact = CardFailed(
        run_id=run_id,
        login="ghost",
        stage="evaluate_eligibility",
        code="not_eligible",
        message="1 of 5",
        detail={"score": 1},
    )
    await keep_ledger(fact, resources)

    [ending] = await endings(resources)
    assert isinstance(ending, PipelineFailed)
    assert ending.error is not None
    assert ending.error.code == "not_eligible"
    async with transaction(resources.sessions) as session:
        step = await session.get_one(Step, (run_id, "evaluate_eligibility"))
    assert step.detail == {"score": 1}


async def test_late_results_change_no_outcome(resources: Resources, kinds: tuple[str, ...]) -> None:
    """A picture that arrives after the end is kept and published, but nothing is told again."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for kind in kinds:
        await keep_ledger(failed(run_id, kind), resources)
    await keep_ledger(recorded(run_id, kinds[0]), resources)

    assert len(await endings(resources)) == 1
    assert (await run_row(resources, run_id)).status == "failure"
    async with transaction(resources.sessions) as session:
        assert (await session.scalars(select(Picture.variant))).all() == [kinds[0]] * 2


async def test_only_the_newest_run_publishes(resources: Resources, kinds: tuple[str, ...]) -> None:
    """A picture of an older run never replaces one of a newer run."""
    old = await start_run(resources, "pip")
    await keep_ledger(await card(resources, old), resources)
    for kind in kinds:
        await keep_ledger(failed(old, kind), resources)
    new = await start_run(resources, "pip")
    await keep_ledger(await card(resources, new), resources)
    for kind in kinds:
        await keep_ledger(recorded(new, kind, "bbbbbbbbbbbb"), resources)
    await keep_ledger(recorded(old, kinds[0], "cccccccccccc"), resources)

    async with transaction(resources.sessions) as session:
        runs = set((await session.scalars(select(Picture.run_id))).all())
    assert runs == {new}


async def test_an_unknown_run_is_permanent(resources: Resources) -> None:
    """A fact about a run that does not exist is refused, and claims nothing."""
    with pytest.raises(Permanent, match="no run"):
        await keep_ledger(recorded(uuid4(), "og"), resources)


async def test_a_renamed_account(resources: Resources, kinds: tuple[str, ...]) -> None:
    """An account that changed its login keeps its profile; the stub of the new login goes."""
    first = await start_run(resources, "pip")
    await keep_ledger(await card(resources, first, "pip", github_id=7), resources)
    for kind in kinds:
        await keep_ledger(recorded(first, kind), resources)
    second = await start_run(resources, "pippa", person="grace")
    await keep_ledger(await card(resources, second, "Pippa", github_id=7), resources)

    async with transaction(resources.sessions) as session:
        profiles = (await session.scalars(select(Profile))).all()
    assert [(one.github_id, one.login, one.display_login) for one in profiles] == [
        (7, "pippa", "Pippa")
    ]
    assert (await run_row(resources, second)).profile_id == profiles[0].id
    async with transaction(resources.sessions) as session:
        assert len((await session.scalars(select(Ownership))).all()) == 1


async def test_a_recycled_login(resources: Resources, kinds: tuple[str, ...]) -> None:
    """A login that now belongs to somebody else leads to a new profile without the old's owner."""
    first = await start_run(resources, "pip")
    await keep_ledger(await card(resources, first, "pip", github_id=7), resources)
    for kind in kinds:
        await keep_ledger(recorded(first, kind), resources)
    second = await start_run(resources, "pip", person="grace")
    await keep_ledger(await card(resources, second, "pip", github_id=8), resources)

    async with transaction(resources.sessions) as session:
        profiles = (await session.scalars(select(Profile).order_by(Profile.github_id))).all()
        owners = (await session.scalars(select(Ownership))).all()
    assert [(one.github_id, one.login) for one in profiles] == [(7, None), (8, "pip")]
    assert [owner.profile_id for owner in owners] == [profiles[0].id]


async def test_notified_is_a_line_of_the_story(
    resources: Resources, kinds: tuple[str, ...]
) -> None:
    """Who was told is kept with the run; the story is numbered in the order it was written."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for kind in kinds:
        await keep_ledger(recorded(run_id, kind), resources)
    await keep_ledger(
        NotificationRecorded(
            run_id=run_id, login="pip", event="completed", counts={"delivered": 1, "skipped": 0}
        ),
        resources,
    )

    assert (await run_row(resources, run_id)).notified == {"delivered": 1}
    async with transaction(resources.sessions) as session:
        lines = (await session.scalars(select(Entry).order_by(Entry.id))).all()
    kinds_told = [line.kind for line in lines]
    assert kinds_told.index("ended") > kinds_told.index("picture")
    assert lines[-1].data["step"] == "notify"


async def test_submit_against_the_ledger(resources: Resources, kinds: tuple[str, ...]) -> None:
    """Submissions and last pictures at the same moment do not deadlock and lose nothing."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    work = [keep_ledger(recorded(run_id, kind), resources) for kind in kinds]
    async with asyncio.timeout(20):
        results = await asyncio.gather(
            *work, *(start_run(resources, "pip", f"person-{number}") for number in range(6))
        )

    assert len(await endings(resources)) == 1
    assert len({result for result in results if result is not None} - {run_id}) <= 1
