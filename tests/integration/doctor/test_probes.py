"""Probes are kept, looked at and pruned; what changed for sure is told once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from techub_api.doctor.probing import ADVISORY_LOCK, Probes
from techub_api.doctor.queries import failing_since, history, latest
from techub_api.doctor.tables import Probe, ProbeFinding
from techub_api.resources import Resources
from techub_common.database import transaction
from techub_common.doctor import Finding, Report, State
from techub_common.errors import Away
from techub_common.events import HealthChanged
from tests.integration.api.conftest import resources, told_events

__all__ = ("resources",)

OK, WARN, FAIL = State.ok, State.warn, State.fail


def report(service: str, replica: str, **states: State) -> Report:
    """Return what a replica found."""
    findings = [
        Finding(name=name, state=state, duration_ms=3, seen=f"{name} seen", todo="Mend it.")
        for name, state in states.items()
    ]
    return Report(service=service, replica=replica, version="1.2.3", findings=tuple(findings))


class World:
    """What everybody answers when they are asked."""

    def __init__(self, *reports: Report) -> None:
        self.reports = reports
        self.asked = 0

    async def __call__(self) -> tuple[Report, ...]:
        """Answer."""
        self.asked += 1
        return self.reports


async def told(resources: Resources) -> list[dict[str, str]]:
    """Return what was told of each change, in order."""
    events = [one for one in await told_events(resources) if isinstance(one, HealthChanged)]
    return [{f"{c.service} {c.check}": c.state for c in event.changes} for event in events]


async def count(resources: Resources) -> int:
    """Return how many probes are kept."""
    async with transaction(resources.sessions) as session:
        return await session.scalar(select(func.count()).select_from(Probe)) or 0


async def test_what_was_found_is_kept(resources: Resources) -> None:
    """The newest probe comes back as it was answered, replica by replica, check by check."""
    found = (
        report("api", "a", store=OK, postgres=WARN),
        report("generator", "b", nats=OK),
        report("generator", "c", nats=FAIL),
    )
    await Probes(resources, World(report("api", "a", store=OK))).probe()
    await Probes(resources, World(*found)).probe()
    async with transaction(resources.sessions) as session:
        newest = await latest(session)
        moments = await history(session, timedelta(hours=1))

    assert newest is not None
    assert newest.state is FAIL
    assert tuple(newest.reports) == found
    assert [one.state for one in moments["api", "store"]] == [OK, OK]
    assert [one.state for one in moments["generator", "nats"]] == [FAIL]


async def test_nothing_was_found_yet(resources: Resources) -> None:
    """Before the first probe there is nothing to show."""
    async with transaction(resources.sessions) as session:
        assert await latest(session) is None
        assert await history(session, timedelta(hours=1)) == {}


async def test_a_change_is_told_once(resources: Resources) -> None:
    """It fails twice: told. It works twice: told. All that changed with one probe is one fact."""
    world = World(report("api", "a", store=OK, clock=OK))
    probes = Probes(resources, world)
    well, ill = world.reports, (report("api", "a", store=FAIL, clock=FAIL),)
    for reports in (well, ill, well, ill, ill, ill, well, well, well):
        world.reports = reports
        await probes.probe()

    both = ("api clock", "api store")
    assert await told(resources) == [dict.fromkeys(both, "fail"), dict.fromkeys(both, "ok")]
    [broke, mended] = [e for e in await told_events(resources) if isinstance(e, HealthChanged)]
    assert (broke.failing, mended.failing) == (2, 0)
    assert (broke.changes[0].seen, broke.changes[0].todo) == ("clock seen", "Mend it.")
    assert mended.changes[0].since is not None
    assert broke.id != mended.id


async def test_what_fails_is_known_with_its_time(resources: Resources) -> None:
    """The page can say since when."""
    probes = Probes(resources, World(report("api", "a", store=FAIL, clock=OK)))
    for _ in range(2):
        await probes.probe()
    async with transaction(resources.sessions) as session:
        since = await failing_since(session)
        now = await session.scalar(select(func.now()))

    assert since.keys() == {("api", "store")}
    assert now is not None
    assert since["api", "store"] <= now


async def test_a_check_that_is_given_up_is_forgotten(resources: Resources) -> None:
    """What failed and is not looked at any more does not fail for ever."""
    world = World(report("api", "a", store=OK, vertex=FAIL))
    probes = Probes(resources, world)
    for _ in range(2):
        await probes.probe()
    world.reports = (report("api", "a", store=OK),)
    await probes.probe()

    async with transaction(resources.sessions) as session:
        assert await failing_since(session) == {}


async def test_many_changes_are_one_event(resources: Resources) -> None:
    """An event names forty at most and counts the others; it stays small."""
    names = {f"check_{number:03}": FAIL for number in range(100)}
    probes = Probes(resources, World(report("api", "a", **names)))
    for _ in range(2):
        await probes.probe()
    [event] = [e for e in await told_events(resources) if isinstance(e, HealthChanged)]

    assert (len(event.changes), event.more, event.failing) == (40, 60, 100)


async def test_one_replica_probes_and_the_others_leave_it(resources: Resources) -> None:
    """Whoever comes while another holds the turn, or right after, asks nobody."""
    world = World(report("api", "a", store=OK))
    probes = [Probes(resources, world) for _ in range(2)]
    async with transaction(resources.sessions) as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        await probes[0].turn()
        assert world.asked == 0
    for each in probes * 2:
        await each.turn()

    assert world.asked == 1


async def test_a_doubt_is_settled_soon(resources: Resources) -> None:
    """After a probe that contradicts, the next comes after half a minute instead of five."""
    world = World(report("api", "a", store=FAIL))
    probes = Probes(resources, world)
    await probes.turn()
    assert probes._pause == 30.0
    await make_older(resources, timedelta(seconds=29))
    await probes.turn()

    assert world.asked == 2
    assert probes._pause == 300.0
    assert await told(resources) == [{"api store": "fail"}]


async def make_older(resources: Resources, by: timedelta) -> None:
    """Let time pass for the probes that are kept."""
    async with transaction(resources.sessions) as session:
        await session.execute(update(Probe).values(at=Probe.at - by))


async def test_old_probes_are_dropped(resources: Resources) -> None:
    """After two weeks a probe goes with its findings; how things stand stays."""
    world = World(report("api", "a", store=FAIL))
    probes = Probes(resources, world)
    await probes.turn()
    await make_older(resources, timedelta(days=14, seconds=1))
    await probes.turn()
    async with transaction(resources.sessions) as session:
        findings = await session.scalar(select(func.count()).select_from(ProbeFinding))

    assert (await count(resources), findings) == (1, 1)
    assert await told(resources) == [{"api store": "fail"}]


async def test_nothing_is_kept_while_nats_is_away(resources: Resources) -> None:
    """Nobody could be asked: that is no finding about anybody."""

    async def away() -> tuple[Report, ...]:
        raise Away("NATS is not connected")

    with pytest.raises(Away):
        await Probes(resources, away).turn()

    assert await count(resources) == 0
