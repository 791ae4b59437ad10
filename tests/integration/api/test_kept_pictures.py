"""The ledger asks for a picture only when it would come out different."""

from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select, update

from techub_api.accounts.actions import create_token, user_with_login
from techub_api.app import create_app
from techub_api.profiles.tables import Picture, Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Step
from techub_common.database import transaction
from techub_common.events import CaptureRequested, PipelineCompleted
from tests.integration.api.conftest import run_row, start_run
from tests.integration.api.facts import captured, card, failed, recorded
from tests.integration.api.test_canceling import asked, finished, published, told

REFRESH = "screenshot_refresh"


async def wanted(resources: Resources, **request: object) -> list[str]:
    """Ask for the pictures of the card there is; return those the ledger asks for."""
    run_id, _ = await asked(resources, recipe=REFRESH, **request)
    events = await told(resources, run_id)
    return [event.variant for event in events if isinstance(event, CaptureRequested)]


async def test_nothing_has_changed(resources: Resources) -> None:
    """A run whose pictures are all kept is over at once, told once, and takes none of them away."""
    full = await finished(resources)
    run_id, _ = await asked(resources, recipe=REFRESH)

    assert [type(event) for event in await told(resources, run_id)] == [PipelineCompleted]
    assert (await run_row(resources, run_id)).status == "success"
    assert await published(resources) == dict.fromkeys(resources.variants, full)
    async with transaction(resources.sessions) as session:
        steps = (await session.scalars(select(Step).where(Step.run_id == run_id))).all()
    assert {step.name: step.status for step in steps} == {
        f"capture:{variant}": "skipped" for variant in resources.variants
    }


async def test_the_same_card_again(resources: Resources) -> None:
    """A second full run that writes the same card takes no picture."""
    await finished(resources)
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)

    events = await told(resources, run_id)
    assert not any(isinstance(event, CaptureRequested) for event in events)
    assert (await run_row(resources, run_id)).status == "success"


async def test_by_force(resources: Resources) -> None:
    """By force every picture is taken again."""
    await finished(resources)

    assert await wanted(resources, force=True) == list(resources.variants)


async def test_a_person_may_ask_by_force(resources: Resources) -> None:
    """A submission with `force` has every picture taken again, though none would change."""
    await finished(resources)
    async with transaction(resources.sessions) as session:
        user = await user_with_login(session, "ada")
        token = await create_token(session, user, "tests")
    async with AsyncClient(
        transport=ASGITransport(create_app(resources)),
        base_url="https://techub.test",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        wanted = {"login": "pip", "force": True}
        answer = await client.post("/api/v1/profiles", json=wanted)
    run_id = UUID(answer.json()["run_id"])
    await keep_ledger(await card(resources, run_id), resources)

    events = await told(resources, run_id)
    asked_for = [event.variant for event in events if isinstance(event, CaptureRequested)]
    assert asked_for == list(resources.variants)


async def test_another_avatar(resources: Resources) -> None:
    """Another avatar is on every picture."""
    await finished(resources)
    async with transaction(resources.sessions) as session:
        await session.execute(update(Profile).values(avatar_key="avatars/other.png"))

    assert await wanted(resources) == list(resources.variants)


@pytest.mark.parametrize("older", ["0" * 64, None])
async def test_older_templates(resources: Resources, older: str | None) -> None:
    """A picture drawn by other templates, or nobody knows by which, is taken again; it alone."""
    await finished(resources)
    async with transaction(resources.sessions) as session:
        older_og = update(Picture).where(Picture.variant == "og").values(view_hash=older)
        await session.execute(older_og)

    assert await wanted(resources) == ["og"]


async def test_published_as_captured(resources: Resources) -> None:
    """A picture that could not be made small is not good enough to keep."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id), resources)
    for variant in resources.variants[1:]:
        await keep_ledger(recorded(run_id, variant), resources)
    await keep_ledger(await captured(resources, run_id, "og"), resources)
    await keep_ledger(failed(run_id, "og", stage="optimize"), resources)

    assert await wanted(resources) == ["og"]
