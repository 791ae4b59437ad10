"""An operator at three in the morning: each page and each action, in a real browser."""

import re
import zipfile
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from techub_devstack.stack import Stack
from tests.browser.journey.conftest import OPERATOR, Visit, Visiting

pytestmark = pytest.mark.timeout(300)  # a busy machine draws and judges slowly

LOST = {"desk": "no-such-login-on-a-desk", "phone": "no-such-login-on-a-phone"}
ENDED = 60_000


async def submitted(stack: Stack, login: str) -> str:
    """Submit a login as somebody does, and return the run."""
    headers = {"Authorization": f"Bearer {await stack.token(f'keeper-of-{login}')}"}
    async with httpx.AsyncClient(
        base_url=stack.app_host, headers=headers, trust_env=False, timeout=60
    ) as http:
        return str((await http.post("/api/v1/profiles", json={"login": login})).json()["run_id"])


def row_of(page: Page, run_id: str) -> Locator:
    """Return the run's line in the list."""
    return page.locator(f'tr[data-key="{run_id}"]')


async def test_strangers_stay_outside(visiting: Visiting) -> None:
    """Without a password the browser is asked for one, and shows nothing."""
    async with visiting("desk") as visit:
        answer = await visit.page.goto("/ops/jobs")
        assert answer is not None
        assert answer.status == 401


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_a_night(
    visiting: Visiting, stack: Stack, dealt: str, size: str, tmp_path: Path
) -> None:
    """See a run fail, find out why, mend it, mend all of its kind, and leave a record."""
    async with visiting(size, http_credentials=OPERATOR) as visit:
        run_id = await see_it_fail(visit, stack, LOST[size])
        await find_out(visit, dealt, run_id, tmp_path / "snapshot.zip")
        await repeat_one(visit, run_id)
        await repeat_many(visit, LOST[size])
        await replay(visit, LOST[size])
        await look_at_queues(visit)
        await follow_events(visit, stack, size)
        await look_back(visit)


async def see_it_fail(visit: Visit, stack: Stack, login: str) -> str:
    """Have the list open while somebody submits: the line comes and turns red by itself."""
    page = visit.page
    await page.goto("/ops/jobs")
    run_id = await submitted(stack, login)
    row = row_of(page, run_id)
    await expect(row).to_contain_text(login, timeout=ENDED)
    await expect(row).to_contain_text("github_login_unknown", timeout=ENDED)
    await visit.looked_at("30-ops-runs")
    await page.get_by_role("navigation", name="Status").get_by_text("failure").click()
    await page.get_by_label("Login").fill(login)
    await page.get_by_role("button", name="Filter").click()
    await expect(page).to_have_url(re.compile(f"status=failure&login={login}"))
    await expect(page.locator("tbody tr")).to_have_count(1)
    await row.get_by_role("link").first.click()
    return run_id


async def find_out(visit: Visit, dealt: str, run_id: str, path: Path) -> None:
    """Read the raw error; open what a good run left, and take its snapshot along."""
    page = visit.page
    await page.wait_for_url(f"**/ops/runs/{run_id}")
    await expect(page.locator(".fall-row.failed")).to_contain_text("GitHub has no account called")
    await visit.looked_at("31-ops-run-failed")
    await page.goto(f"/ops/jobs?login={dealt}&status=success")
    await page.locator("tbody .run-name").first.click()
    await expect(page.locator(".fall-row")).not_to_have_count(0)
    await expect(page.locator(".contact img")).to_have_count(3)
    await page.get_by_text("What GitHub said, summed up").click()
    await expect(page.locator(".artifacts pre")).to_contain_text(f'"login": "{dealt}"')
    await page.locator(".fall-row summary").first.click()
    await expect(page.locator(".fall-more").first).to_be_visible()
    await visit.looked_at("32-ops-run")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="snapshot").click()
    await (await coming.value).save_as(path)
    names = zipfile.ZipFile(path).namelist()
    assert any(name.endswith("/run.json") for name in names)
    assert any("/captures/" in name for name in names)


async def repeat_one(visit: Visit, run_id: str) -> None:
    """Retry what failed, with a reason; then all of it, with another."""
    page = visit.page
    for name, why in (("Retry what failed", "INC-1"), ("Retry all of it", "INC-2")):
        await page.goto(f"/ops/runs/{run_id}")
        await page.locator(".acts").get_by_label("Why").fill(why)
        await page.get_by_role("button", name=name, exact=True).click()
        await expect(page.get_by_text("repeats")).to_be_visible()
        await expect(page.locator(".ops-head .chip")).to_have_text("failure", timeout=ENDED)


async def repeat_many(visit: Visit, login: str) -> None:
    """Have a dry run made of a filter, read it, say yes, and see it done; then cancel likewise."""
    page = visit.page
    await page.goto(f"/ops/jobs?status=failure&login={login}")
    await page.get_by_text("Do something with those that fit").click()
    await page.get_by_role("button", name="Retry what failed…").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Retry: a dry run")
    await expect(page.locator(".figures")).to_contain_text("1 runs would be repeated")
    await expect(page.locator(".figures")).to_contain_text("2 would be left alone")
    await visit.looked_at("33-ops-dry-run")
    await page.get_by_label("Why").fill("INC-3: all of them")
    await page.get_by_role("button", name="Do it").click()
    await expect(page.get_by_text("1 done, 2 refused")).to_be_visible(timeout=ENDED)
    await expect(page.get_by_text("repeated by")).to_be_visible()
    await visit.looked_at("34-ops-done")
    await page.goto(f"/ops/jobs?login={login}")
    await page.get_by_text("Do something with those that fit").click()
    await page.get_by_role("button", name="Cancel…").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cancel: a dry run")


async def replay(visit: Visit, login: str) -> None:
    """Read what was given up; look at what a replay would do, and have one thrown away."""
    page = visit.page
    await page.goto(f"/ops/dead?login={login}")
    await expect(page.locator("tbody tr")).not_to_have_count(0)
    await visit.looked_at("35-ops-dead")
    await page.locator("tbody .run-name").first.click()
    await expect(page.locator("pre.document")).to_contain_text('"type": "techub.pipeline.started')
    await visit.looked_at("36-ops-letter")
    await page.get_by_role("button", name="Replay…").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Replay: a dry run")
    await page.get_by_label("Why").fill("INC-4")
    await page.get_by_role("button", name="Do it").click()
    await expect(page.get_by_text("1 replayed")).to_be_visible(timeout=ENDED)
    await page.goto(f"/ops/dead?login={login}")
    await page.get_by_text("Do something with those that fit").click()
    await page.get_by_role("button", name="Throw away…").click()
    await page.get_by_label("Why").fill("the login never was")
    await page.get_by_role("button", name="Do it").click()
    await expect(page.get_by_text("dropped")).to_be_visible(timeout=ENDED)


async def look_at_queues(visit: Visit) -> None:
    """Every consumer, every stream, and all five services at work."""
    page = visit.page
    await page.goto("/ops/queues")
    workers = page.locator('section[aria-labelledby="workers"]')
    for service in ("api", "generator", "screenshotter", "optimizer", "notifier"):
        await expect(workers).to_contain_text(service, timeout=ENDED)
    await expect(page.locator('section[aria-labelledby="consumers"] tbody tr')).to_have_count(6)
    await expect(page.locator(".trend polyline")).not_to_have_count(0, timeout=ENDED)
    await visit.looked_at("37-ops-queues")


async def follow_events(visit: Visit, stack: Stack, size: str) -> None:
    """The past of an hour is there, what happens next comes by itself, and can be held."""
    page = visit.page
    await page.goto("/ops/events?since=1h")
    tail = page.locator("#tail > li")
    await expect(page.get_by_text("following")).to_be_visible()
    await expect(tail).not_to_have_count(0)
    login = f"nobody-here-{size}"
    await submitted(stack, login)
    await expect(tail.filter(has_text=login).first).to_be_visible(timeout=ENDED)
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("paused")).to_be_visible()
    await tail.first.locator("summary").click(position={"x": 4, "y": 4})
    await expect(tail.first.locator("pre")).to_contain_text('"specversion"')
    await visit.looked_at("38-ops-events")
    await page.get_by_role("button", name="Clear").click()
    await expect(tail).to_have_count(0)


async def look_back(visit: Visit) -> None:
    """Everything that was done stands there, with who and why."""
    page = visit.page
    await page.goto("/ops/actions")
    for why in ("INC-1", "INC-2", "INC-3: all of them", "INC-4", "the login never was"):
        line = page.locator("tbody tr").filter(has_text=why).first
        await expect(line).to_contain_text(OPERATOR["username"])
    await expect(page.get_by_text("looked only").first).to_be_visible()
    await visit.looked_at("39-ops-actions")
