"""The page says how everything is, since when, and what to do."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from techub_api.doctor.probing import Probes
from techub_api.doctor.tables import Probe
from techub_api.resources import Resources
from techub_common.database import transaction
from techub_common.doctor import Report, State
from tests.integration.api.ops.conftest import guarded, operator_at

from .test_probes import FAIL, OK, WARN, World, make_older, report, resources

__all__ = ("resources",)


@pytest.fixture
async def browser(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Give a browser of somebody who may look."""
    async with operator_at(guarded(resources)) as client:
        yield client


async def probed(resources: Resources, *reports: Report) -> None:
    """Keep a probe of this."""
    await Probes(resources, World(*reports)).probe()


async def test_before_the_first_probe(browser: AsyncClient) -> None:
    """It says that nobody has looked, and how to look now."""
    answer = await browser.get("/ops/doctor")

    assert answer.status_code == 200
    assert "Nobody has looked yet" in answer.text
    assert "techub doctor" in answer.text


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({"store": OK}, "All is well"),
        ({"store": WARN, "clock": OK}, "It works, with 1 to look at"),
        ({"store": FAIL, "clock": WARN}, "1 check fails"),
        ({"store": FAIL, "clock": FAIL}, "2 checks fail"),
    ],
)
async def test_how_all_of_it_is(
    browser: AsyncClient, resources: Resources, states: dict[str, State], said: str
) -> None:
    """The worst is the headline."""
    await probed(resources, report("api", "pod-1/1", **states))

    assert f"<h1>{said}</h1>" in (await browser.get("/ops/doctor")).text


async def test_what_fails_where_and_since_when(browser: AsyncClient, resources: Resources) -> None:
    """A check is shown at its worst, with the replica, what was seen, what to do and since when."""
    both = (report("api", "pod-1/1", store=OK), report("api", "pod-2/1", store=FAIL))
    for _ in range(2):
        await probed(resources, *both)
    text = (await browser.get("/ops/doctor")).text

    assert '<p class="doctor-todo">Mend it.</p>' in text
    assert '<p class="quiet">pod-2/1</p>' in text
    assert "Fails since " in text
    assert "<summary>2 replicas</summary>" in text


async def test_the_past_is_drawn_as_far_as_wanted(
    browser: AsyncClient, resources: Resources
) -> None:
    """A failure of the day before yesterday is in the week's bars, and not in the day's."""
    await probed(resources, report("api", "a", store=FAIL))
    await make_older(resources, timedelta(days=2))
    await probed(resources, report("api", "a", store=OK))

    day = (await browser.get("/ops/doctor")).text
    week = (await browser.get("/ops/doctor?hours=168")).text
    assert ('<rect class="fail"' in day, '<rect class="ok"' in day) == (False, True)
    assert ('<rect class="fail"' in week, '<rect class="ok"' in week) == (True, True)
    assert (await browser.get("/ops/doctor?hours=0")).status_code == 404


async def test_an_old_probe_says_so(browser: AsyncClient, resources: Resources) -> None:
    """What nobody has looked at for three turns is not shown as if it were so."""
    await probed(resources, report("api", "a", store=OK))
    assert "This is old" not in (await browser.get("/ops/doctor")).text
    async with transaction(resources.sessions) as session:
        await session.execute(update(Probe).values(at=Probe.at - timedelta(seconds=901)))

    assert "This is old" in (await browser.get("/ops/doctor")).text


async def test_what_services_say_is_text(browser: AsyncClient, resources: Resources) -> None:
    """Nothing of it becomes part of the page."""
    await probed(resources, report("api", "<script>alert(1)</script>", store=FAIL))
    text = (await browser.get("/ops/doctor")).text

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


async def test_it_is_not_open_to_anybody(resources: Resources) -> None:
    """Who has not said who they are is not shown anything."""
    codes = []
    for system in (guarded(resources), resources):
        async with operator_at(system, None) as client:
            codes.append((await client.get("/ops/doctor")).status_code)

    assert codes == [401, 403]
