"""Profiles are read again when they are due or old: fairly, a few at a time, once at a time."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from techub_api.operators.answers import run_pipeline
from techub_api.profiles.details import ProfileStats
from techub_api.profiles.refreshing import WAITING, mark_due, record_day, visited
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.tables import Run
from techub_api.submissions.refreshing import Refresh
from techub_common.asks import RunRequest
from techub_common.database import transaction
from tests.integration.api.conftest import told_events

HOUR = timedelta(hours=1)


async def known(resources: Resources, count: int, **facts: Any) -> list[str]:
    """Make profiles that were read ten hours ago, the first the longest ago."""
    logins = [f"pip-{number}" for number in range(count)]
    async with transaction(resources.sessions) as session:
        for number, login in enumerate(logins):
            plain = {
                "github_id": 100 + number,
                "login": login,
                "display_login": login,
                "languages": [],
                "synced_at": datetime.now(UTC) - 10 * HOUR + timedelta(seconds=number),
            }
            session.add(Profile(**plain | facts))
    return logins


async def waiting(resources: Resources) -> list[str]:
    """Return the logins in line, in their order."""
    async with transaction(resources.sessions) as session:
        rows = await session.scalars(
            select(Run.login).where(Run.status == "queued").order_by(Run.number)
        )
        return list(rows)


async def test_stale_profiles_get_in_line(resources: Resources) -> None:
    """Who was read longest ago comes first; nobody is told, no card and no picture is made."""
    logins = await known(resources, 3)
    runs = await Refresh(resources).pass_once()

    assert await waiting(resources) == logins
    assert await told_events(resources) == []
    async with transaction(resources.sessions) as session:
        run = await session.get_one(Run, runs[0])
    assert (run.trigger, run.notify, run.bulk) == ("refresh", "none", True)
    assert run.options["screenshots"] == "skip"
    assert run.options["only_stages"] == ["pull_github_data", "download_github_avatar"]
    assert run.options["preserve_fields"] == []


async def test_nobody_twice(resources: Resources) -> None:
    """Replicas at once, and passes one after another, put nobody in line a second time."""
    await known(resources, 5)
    await asyncio.gather(*(Refresh(resources).pass_once() for _ in range(4)))
    await Refresh(resources).pass_once()

    assert len(await waiting(resources)) == len(set(await waiting(resources))) == 5


async def test_bounded_and_fair(resources: Resources) -> None:
    """The line is short; who has had a turn, whatever came of it, goes to the end of it."""
    logins = await known(resources, WAITING + 5)
    refresh = Refresh(resources)
    await refresh.pass_once()
    assert await waiting(resources) == logins[:WAITING]
    assert await refresh.pass_once() == []
    async with transaction(resources.sessions) as session:  # all of them fail
        await session.execute(update(Run).values(status="failure", finished_at=func.now()))
    await refresh.pass_once()

    assert await waiting(resources) == logins[WAITING:]


async def test_who_is_left_alone(resources: Resources) -> None:
    """Fresh, unlisted, unknown and busy profiles are not refreshed."""
    [busy] = await known(resources, 1)
    await run_pipeline(RunRequest(login=busy), resources)
    async with transaction(resources.sessions) as session:
        long_ago = datetime.now(UTC) - 10 * HOUR
        for number, facts in enumerate(
            (
                {"synced_at": datetime.now(UTC)},
                {"listed": False, "synced_at": long_ago, "due_at": long_ago},
                {"github_id": None, "synced_at": long_ago},
                {"login": None, "synced_at": long_ago},
            )
        ):
            plain = {"github_id": number, "login": f"x{number}", "display_login": f"x{number}"}
            session.add(Profile(languages=[], **plain | facts))

    assert await Refresh(resources).pass_once() == []


async def test_a_visit_marks_due(resources: Resources) -> None:
    """However often somebody looks, the profile is due once, and not within the hour."""
    recently = datetime.now(UTC) - timedelta(minutes=30)
    await known(resources, 1, synced_at=recently)
    async with transaction(resources.sessions) as session:
        marked = [await mark_due(session, Profile.login == "pip-0") for _ in range(3)]
        due = await session.scalar(select(Profile.due_at))

    assert marked == [True, False, False]
    assert due is not None
    assert timedelta(minutes=29) < due - datetime.now(UTC) < timedelta(minutes=31)
    assert await Refresh(resources).pass_once() == []
    async with transaction(resources.sessions) as session:
        await session.execute(update(Profile).values(due_at=func.now()))
    assert len(await Refresh(resources).pass_once()) == 1


@pytest.mark.parametrize(("age", "due"), [(2 * HOUR, True), (HOUR / 2, False), (None, False)])
async def test_a_look_at_a_profile(resources: Resources, age: timedelta | None, due: bool) -> None:
    """A visit is reason enough an hour after the last reading, and none for a stub."""
    synced_at = None if age is None else datetime.now(UTC) - age
    await known(resources, 1, synced_at=synced_at)
    async with transaction(resources.sessions) as session:
        await visited(session, "Pip-0", synced_at)
        assert (await session.scalar(select(Profile.due_at)) is not None) is due


async def test_daily_numbers(resources: Resources) -> None:
    """Every profile has one row a day, the one of a reading if there was one."""
    await known(resources, 2, followers=7)
    async with transaction(resources.sessions) as session:
        profile = await session.scalar(select(Profile).where(Profile.login == "pip-0"))
        assert profile is not None
        figures = dict.fromkeys(("following", "public_repos", "total_stars", "total_forks"), 0)
        today = await session.scalar(select(func.date(func.timezone("utc", func.now()))))
        session.add(ProfileStats(profile_id=profile.id, day=today, followers=9, **figures))
    for _ in range(2):
        async with transaction(resources.sessions) as session:
            await record_day(session)

    async with transaction(resources.sessions) as session:
        stored = (await session.scalars(select(ProfileStats))).all()
    assert sorted(one.followers for one in stored) == [7, 9]
    assert {type(one.day) for one in stored} == {date}
