"""Pages as people look at them, over a real database and a real store."""

import json
import re
from html import unescape

import pytest
from httpx import AsyncClient

from techub_api.pages.answers import POLICY
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_common.events import StageRecorded, StageStatus
from techub_common.events.asset import AssetFailed
from tests.integration.api.conftest import run_row, start_run
from tests.integration.api.facts import card, failed
from tests.integration.api.pages.conftest import finished, refused


async def test_an_empty_house(browser: AsyncClient) -> None:
    """Before the first card the front page shows the deck face down."""
    page = await browser.get("/")

    assert page.status_code == 200
    assert page.text.count("fan-card") == 3
    assert "Fresh from the deck" not in page.text
    assert 'action="/submit"' in page.text


async def test_the_newest_cards(browser: AsyncClient, resources: Resources) -> None:
    """The front page hangs up the newest cards with their pictures."""
    await finished(resources, name="Pip Tealeaf")
    page = await browser.get("/")

    assert "Pip Tealeaf" in page.text
    assert "Moonlit Stargazer" in page.text
    assert 'href="/profiles/pip"' in page.text
    assert 'src="/generated/pip/og-aaaaaaaaaaaa.png"' in page.text
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("path", ["/", "/submit", "/profiles/nobody", "/nothing/here"])
async def test_every_page_has_the_policy(browser: AsyncClient, path: str) -> None:
    """Every page forbids scripts and styles that are not files of ours, and frames."""
    page = await browser.get(path)

    assert page.headers["content-security-policy"] == POLICY
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_what_a_page_is_made_of_is_served(browser: AsyncClient) -> None:
    """Styles, faces and the icon are where the page says."""
    page = await browser.get("/")
    addresses = set(re.findall(r'href="(/static/[^"]+)"', page.text))

    assert len(addresses) == 4
    for address in addresses:
        assert (await browser.get(address)).status_code == 200


async def test_a_run_as_it_goes(browser: AsyncClient, resources: Resources) -> None:
    """Without any script the page of a run says how it stands, and how to see more."""
    run_id = await start_run(resources, "pip")
    started = (await run_row(resources, run_id)).created_at
    line = StageRecorded(
        run_id=run_id,
        login="pip",
        stage="pull_github_data",
        status=StageStatus.completed,
        attempt=2,
        started_at=started,
        duration_ms=1_234,
    )
    await keep_ledger(line, resources)
    page = await browser.get(f"/runs/{run_id}")

    assert page.status_code == 200
    assert "Reading GitHub" in page.text
    assert "2nd try" in page.text
    assert "1.2 s" in page.text
    assert "to come" in page.text
    assert page.text.count("face down") == len(resources.variants)
    assert f'data-events="/api/v1/runs/{run_id}/events"' in page.text
    assert f'<a href="/runs/{run_id}">Reload now</a>' in page.text


async def test_a_run_that_worked(browser: AsyncClient, resources: Resources) -> None:
    """A finished run shows its pictures and leads to the profile."""
    page = await browser.get(f"/runs/{await finished(resources)}")

    assert "has a card" in page.text
    assert 'href="/profiles/pip"' in page.text
    assert 'src="/generated/pip/card-aaaaaaaaaaaa.png"' in page.text
    assert "to come" not in page.text


async def test_a_run_that_lost_a_picture(browser: AsyncClient, resources: Resources) -> None:
    """What was lost is said in plain words, beside its step and at the top."""
    run_id = await start_run(resources, "pip")
    await keep_ledger(await card(resources, run_id, degraded=True), resources)
    event: AssetFailed = failed(run_id, resources.variants[0])
    await keep_ledger(event, resources)
    page = await browser.get(f"/runs/{run_id}")

    assert "did not turn out" in page.text
    assert "The organisations were kept." in page.text
    assert "The picture could not be taken, several times." in page.text
    assert "five times" not in page.text


async def test_a_run_that_was_refused(browser: AsyncClient, resources: Resources) -> None:
    """A refused profile sees our sentence and what would help, never the machine's words."""
    run_id = await refused(resources)
    for path in (f"/runs/{run_id}", "/profiles/ghost"):
        page = await browser.get(path)

        assert page.status_code == 200
        assert "There is not enough public activity for a card yet." in page.text
        assert "Follow 3 accounts." in page.text
        assert "The account is 812 days old." in page.text
        assert "raw words" not in page.text


@pytest.mark.parametrize("run_id", ["00000000-0000-4000-8000-000000000404", "not-a-run"])
async def test_no_such_run(browser: AsyncClient, run_id: str) -> None:
    """An address of no run is a page that says so."""
    page = await browser.get(f"/runs/{run_id}")

    assert page.status_code == 404
    assert "not in the deck" in page.text


async def test_a_profile(browser: AsyncClient, resources: Resources) -> None:
    """A profile shows the card, what it says, and what others preview."""
    await finished(resources, name="Pip Tealeaf")
    page = await browser.get("/profiles/PIP")

    assert page.status_code == 200
    for words in ("Pip Tealeaf", "Moonlit Stargazer", "Starfall Combo", "Friday Deploys", "#rust"):
        assert words in page.text
    assert 'property="og:image" content="https://techub.test/generated/pip/og-' in page.text
    assert 'name="twitter:card" content="summary_large_image"' in page.text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text)
    assert found is not None
    person = json.loads(found[1])["mainEntity"]
    assert (person["@type"], person["name"]) == ("Person", "Pip Tealeaf")
    assert person["image"] == "https://techub.test/og/pip.jpg"


async def test_pictures_to_take(browser: AsyncClient, resources: Resources) -> None:
    """Every picture has its files to download, an address that stays, and lines to embed it."""
    await finished(resources)
    page = await browser.get("/profiles/pip?tab=pictures")

    for variant in resources.variants:
        assert f'download="pip-{variant}.webp"' in page.text
        stable = f"https://techub.test/pictures/pip/{variant}.png"
        assert f">{stable}</code>" in page.text
        assert f"]({stable})](https://techub.test/profiles/pip)" in unescape(page.text)
        assert f'<img src="{stable}"' in unescape(page.text)
    assert "https://techub.test/og/pip.jpg" in page.text


async def test_stats_say_why(browser: AsyncClient, resources: Resources) -> None:
    """A stat that was counted says what from; one that a model judged says nothing."""
    run_id = await start_run(resources, "pip")
    event = await card(resources, run_id)
    counted = event.model_copy(update={"reasons": {"attack": "9 followers & <b>stars</b>."}})
    await keep_ledger(counted, resources)
    page = await browser.get("/profiles/pip?tab=traits")

    assert "Why this number:</strong> 9 followers &amp; &lt;b&gt;stars&lt;/b&gt;." in page.text


async def test_repositories_and_activity(browser: AsyncClient, resources: Resources) -> None:
    """What GitHub shows stands in its tabs: repositories, languages, every day of the window."""
    run_id = await start_run(resources, "pip")
    repository = {"name": "lamp", "full_name": "pip/lamp", "language": "Rust", "stars": 7}
    facts = {
        "top_repositories": [repository],
        "languages": {"Rust": 3, "Go": 1},
        "activity": {"total_events": 5, "event_breakdown": {"PushEvent": 5}},
        "contributions": {
            "window_days": 90,
            "total": 9,
            "current_streak": 2,
            "first_day": "2026-11-02",
            "days": [0, 4, 5],
        },
        "sections": dict.fromkeys(
            ("profile", "repositories", "languages", "activity", "contributions"), "read"
        ),
    }
    await keep_ledger(await card(resources, run_id, "pip", **facts), resources)
    repositories = (await browser.get("/profiles/pip?tab=repositories")).text
    activity = (await browser.get("/profiles/pip?tab=activity")).text

    assert "lamp" in repositories
    assert "Rust" in repositories
    assert "9 contributions in 90 days" in activity
    assert "5 on 4 Nov" in activity
    assert "No on 2 Nov" in activity
    assert "75 %" in activity
    assert "Pushes" in activity


async def test_why_this_number(browser: AsyncClient, resources: Resources) -> None:
    """Every trait says what it means, and the tier is added up before everybody's eyes."""
    await finished(resources)
    page = (await browser.get("/profiles/pip?tab=traits")).text

    assert page.count("Why this number:") == 3
    assert "Stars come down on the problem." in page
    assert re.search(r"Together</th><td>252</td>", page)
    assert "Why gold" in page


async def test_how_it_went(browser: AsyncClient, resources: Resources) -> None:
    """The last tab tells of the runs, and who wrote the card."""
    run_id = await finished(resources)
    page = (await browser.get("/profiles/pip?tab=status")).text

    assert f'href="/runs/{run_id}"' in page
    assert "ready" in page


async def test_no_such_tab(browser: AsyncClient, resources: Resources) -> None:
    """A tab nobody has is an address where nothing lives."""
    await finished(resources)

    assert (await browser.get("/profiles/pip?tab=secrets")).status_code == 404


async def test_a_new_edition(browser: AsyncClient, resources: Resources) -> None:
    """While a new run works, or after it failed, the last good card stays."""
    await finished(resources)
    run_id = await start_run(resources, "pip")
    page = await browser.get("/profiles/pip")

    assert "Moonlit Stargazer" in page.text
    assert "A new edition is being dealt." in page.text
    assert f'href="/runs/{run_id}"' in page.text


async def test_a_profile_in_the_making(browser: AsyncClient, resources: Resources) -> None:
    """A profile without a card yet leads to the run that makes it."""
    run_id = await start_run(resources, "pip")
    page = await browser.get("/profiles/pip")

    assert f'href="/runs/{run_id}"' in page.text


async def test_a_hostile_name(browser: AsyncClient, resources: Resources) -> None:
    """Markup in a name is text on every page that shows it."""
    await finished(resources, name="<script>alert(1)</script>")
    for path in ("/", "/profiles/pip"):
        page = await browser.get(path)

        assert "<script>alert" not in page.text
        assert "<script>alert" in unescape(page.text)


@pytest.mark.parametrize("path", ["/profiles/nobody-here", "/profiles/no%20login"])
async def test_nobody_there(browser: AsyncClient, path: str) -> None:
    """A profile nobody has made offers to make it."""
    page = await browser.get(path)

    assert page.status_code == 404
    assert 'name="login"' in page.text
