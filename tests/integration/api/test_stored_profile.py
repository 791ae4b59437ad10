"""What GitHub shows is stored whole, a section at a time, and twice the same leaves the same."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from techub_api.accounts.actions import user_with_login
from techub_api.operators.answers import run_pipeline
from techub_api.profiles.details import (
    ProfileActivity,
    ProfileLanguage,
    ProfileOrganization,
    ProfileReadme,
    ProfileRepository,
    ProfileScrape,
    ProfileSocialAccount,
    ProfileStats,
)
from techub_api.profiles.tables import Profile
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.schema import Base
from techub_api.submissions.actions import rerun
from techub_api.submissions.rules import checked
from techub_common.asks import RunRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.events import (
    AvatarState,
    CardFailed,
    CardGenerated,
    Options,
    PipelineCompleted,
    PipelineStarted,
    Submitted,
)
from tests.integration.api.conftest import run_row, start_run, told_events
from tests.integration.api.facts import card, recorded

TABLES = (
    ProfileRepository,
    ProfileOrganization,
    ProfileSocialAccount,
    ProfileLanguage,
    ProfileActivity,
    ProfileReadme,
    ProfileScrape,
    ProfileStats,
)
READ = dict.fromkeys(
    (
        "profile",
        "repositories",
        "readme",
        "organizations",
        "activity",
        "active",
        "pinned",
        "languages",
        "social_accounts",
        "contributions",
    ),
    "read",
)
ENGINE = {"name": "engine", "full_name": "pip/engine", "stars": 9, "topics": ["steam", "maths"]}
LOOM = {"name": "loom", "full_name": "pip/loom", "stars": 3}
WHOLE: dict[str, Any] = {
    "bio": "Poet",
    "company": "Looms & Co",
    "total_stars": 12,
    "total_forks": 4,
    "top_repositories": [ENGINE, LOOM],
    "pinned": [ENGINE],
    "active": [LOOM],
    "organizations": [{"id": 3, "login": "guild"}],
    "social_accounts": [{"provider": "MASTODON", "url": "https://tides.example/@pip"}],
    "languages": {"Ada": 2, "C": 1},
    "language_bytes": {"Ada": 900, "Shell": 20},
    "activity": {
        "total_events": 3,
        "event_breakdown": {"PushEvent": 3},
        "recent_repos": ["pip/loom"],
        "last_active": "2026-11-26T00:00:00Z",
    },
    "contributions": {"window_days": 90, "total": 40, "current_streak": 3},
    "readme": "# Hello\n\nPip here.",
    "sections": READ,
}


async def rows(resources: Resources) -> dict[str, list[tuple[Any, ...]]]:
    """Return every stored detail, moments left out."""
    async with transaction(resources.sessions) as session:
        found: dict[str, list[tuple[Any, ...]]] = {}
        for kind in TABLES:
            columns = [column for column in kind.__table__.columns if column.name != "captured_at"]
            found[kind.__tablename__] = sorted(
                (tuple(row) for row in await session.execute(select(*columns))), key=str
            )
        return found


async def kept(resources: Resources, login: str = "pip", **facts: Any) -> UUID:
    """Have a run find this out and end; return it."""
    run_id = await start_run(resources, login)
    await keep_ledger(await card(resources, run_id, login, **{**WHOLE, **facts}), resources)
    for kind in resources.variants:
        await keep_ledger(recorded(run_id, kind), resources)
    return run_id


async def profile_of(resources: Resources, login: str = "pip") -> Profile:
    """Return the profile's row."""
    async with transaction(resources.sessions) as session:
        found = await session.scalar(select(Profile).where(Profile.login == login))
    assert found is not None
    return found


async def count(resources: Resources, kind: type[Base]) -> int:
    """Return how many rows there are of a kind."""
    async with transaction(resources.sessions) as session:
        return int(await session.scalar(select(func.count()).select_from(kind)) or 0)


async def test_everything_is_stored(resources: Resources) -> None:
    """Every section has its rows; a repository has one in each of its roles."""
    await kept(resources)
    stored = await rows(resources)
    profile = await profile_of(resources)

    assert {(row[1], row[2]) for row in stored["profile_repositories"]} == {
        ("top", "pip/engine"),
        ("top", "pip/loom"),
        ("pinned", "pip/engine"),
        ("active", "pip/loom"),
    }
    assert {row[1:] for row in stored["profile_languages"]} == {
        ("Ada", 2, 900),
        ("C", 1, None),
        ("Shell", 0, 20),
    }
    assert all(stored[f"profile_{name}"] for name in ("organizations", "social_accounts"))
    assert stored["profile_readmes"][0][1] == WHOLE["readme"]
    assert stored["profile_activities"][0][5]["current_streak"] == 3
    assert stored["profile_stats"][0][2:] == (3, 0, 0, 12, 4)
    assert (profile.bio, profile.company, profile.total_forks) == ("Poet", "Looms & Co", 4)


async def test_the_same_again_changes_nothing(resources: Resources) -> None:
    """Another run with the same facts leaves the same rows."""
    await kept(resources)
    first = await rows(resources)
    await kept(resources)

    assert await rows(resources) == first


async def test_kept_sections_stay(resources: Resources) -> None:
    """What could not be read stays as it is stored, whatever stands in the artifact."""
    await kept(resources)
    first = await rows(resources)
    nothing = {"top_repositories": [], "organizations": None, "readme": None, "activity": None}
    sections = READ | dict.fromkeys(READ.keys() - {"profile"}, "kept")
    await kept(resources, **nothing, sections=sections, pinned=[], active=[], followers=3)

    assert await rows(resources) == first


async def test_cleared_sections_go(resources: Resources) -> None:
    """What GitHub says is empty or null is emptied, fields of the profile too."""
    await kept(resources)
    gone = {name: [] for name in ("top_repositories", "pinned", "active", "social_accounts")}
    await kept(
        resources,
        **gone,
        organizations=[],
        languages={},
        language_bytes={},
        readme=None,
        bio=None,
        company=None,
        sections=READ | dict.fromkeys(("repositories", "readme", "organizations"), "cleared"),
    )
    stored = await rows(resources)
    profile = await profile_of(resources)

    assert (profile.bio, profile.company) == (None, None)
    for name in ("repositories", "organizations", "social_accounts", "languages", "readmes"):
        assert stored[f"profile_{name}"] == []


async def with_inputs(resources: Resources, card_: CardGenerated, **found: Any) -> CardGenerated:
    """Return the card with artifacts of what was submitted."""
    artifacts = dict(card_.artifacts)
    for stage, document in found.items():
        key = f"runs/{card_.run_id}/{stage}.json"
        await resources.objects.put(key, json.dumps(document).encode(), "application/json")
        artifacts[stage] = key
    return card_.model_copy(update={"artifacts": artifacts})


async def submitted(resources: Resources, inputs: Submitted, **found: Any) -> None:
    """Submit with inputs, and have the run find these."""
    run_id = await start_run(resources, "pip", inputs=inputs)
    told = await with_inputs(resources, await card(resources, run_id, **WHOLE), **found)
    await keep_ledger(told, resources)
    for kind in resources.variants:
        await keep_ledger(recorded(run_id, kind), resources)


PAGE = {"url": "https://pip.example/", "text": "Lamps.", "fetched_at": "2026-11-27T00:00:00Z"}
FIRST = Submitted(scrape_url="https://pip.example/", repositories=("pip/engine", "else/where"))


async def test_submitted_inputs(resources: Resources) -> None:
    """What was submitted is stored, used by later runs, and replaced by the next submission."""
    found = {
        "ingest_submitted_repositories": {"repositories": [ENGINE]},
        "record_submitted_scrape": PAGE,
    }
    await submitted(resources, FIRST, **found)
    assert await count(resources, ProfileScrape) == 1
    assert ("submitted", "pip/engine") in {
        (row[1], row[2]) for row in (await rows(resources))["profile_repositories"]
    }
    again = await run_pipeline(RunRequest(login="pip"), resources)
    started = [one for one in await told_events(resources) if isinstance(one, PipelineStarted)]
    assert str(started[-1].run_id) == again["run_id"]
    assert started[-1].submitted == FIRST
    await keep_ledger(await card(resources, UUID(again["run_id"]), **WHOLE), resources)
    for kind in resources.variants:
        await keep_ledger(recorded(UUID(again["run_id"]), kind), resources)

    await submitted(resources, Submitted())
    assert await count(resources, ProfileScrape) == 0
    assert (await profile_of(resources)).submitted_repositories == []
    assert "submitted" not in {row[1] for row in (await rows(resources))["profile_repositories"]}


async def test_unread_page_stays(resources: Resources) -> None:
    """A page that cannot be read just now leaves what it said the last time."""
    await submitted(resources, FIRST, record_submitted_scrape=PAGE)
    await submitted(resources, FIRST, record_submitted_scrape={"url": PAGE["url"]})

    assert (await rows(resources))["profile_scrapes"][0][5] == "Lamps."


@pytest.mark.parametrize("recipe", ["github_sync", "avatar_refresh"])
async def test_recipes_of_github(resources: Resources, recipe: str) -> None:
    """A recipe reads GitHub's numbers, takes no picture, and leaves the published words alone."""
    run_id = await kept(resources)
    pictures = await count(resources, ProfileStats)
    answer = await run_pipeline(RunRequest(login="pip", recipe=recipe), resources)
    synced = UUID(answer["run_id"])
    started = [one for one in await told_events(resources) if isinstance(one, PipelineStarted)][-1]
    assert started.options.only_stages == ("pull_github_data", "download_github_avatar")
    assert started.options.preserve_avatar is (recipe == "github_sync")
    event = await card(resources, synced, avatar=AvatarState.sent, **WHOLE | {"bio": "Other"})
    facts = event.model_copy(update={"traits": None, "login": "Pip"})
    await keep_ledger(facts, resources)
    assert (await run_row(resources, synced)).status == "running"
    await keep_ledger(recorded(synced, "avatar"), resources)

    profile = await profile_of(resources)
    assert (await run_row(resources, synced)).status == "success"
    assert (profile.bio, profile.status, profile.followers) == ("Poet", "success", 3)
    assert profile.avatar_key == "avatars/avatar-aaaaaaaaaaaa.png"
    assert isinstance((await told_events(resources))[-1], PipelineCompleted)
    assert pictures == await count(resources, ProfileStats)
    late = recorded(run_id, "og", "bbbbbbbbbbbb")
    await keep_ledger(late, resources)  # the last run with pictures is still the full one


async def test_recipe_without_a_card(resources: Resources) -> None:
    """Numbers can be read of somebody who has no card."""
    run_id = UUID(
        (await run_pipeline(RunRequest(login="pip", recipe="github_sync"), resources))["run_id"]
    )
    event = await card(resources, run_id, **WHOLE)
    await keep_ledger(event.model_copy(update={"traits": None}), resources)

    assert (await run_row(resources, run_id)).status == "success"
    assert (await profile_of(resources)).status is None


async def test_failed_sync_is_noted(resources: Resources) -> None:
    """What was in the way of a run is there for operators to see, and goes with the next one."""
    run_id = await start_run(resources, "pip")
    event = CardFailed(
        run_id=run_id, login="pip", stage="pull_github_data", code="github_blocked", message="No."
    )
    await keep_ledger(event, resources)
    assert (await profile_of(resources)).sync_error == "github_blocked: No."
    await kept(resources)

    assert (await profile_of(resources)).sync_error is None


async def test_options_are_checked(resources: Resources) -> None:
    """Nobody gets a run that does something else than asked."""
    for request, code in (
        ({"recipe": "github_sync", "variants": ("og",)}, "options_refused"),
        ({"recipe": "github_sync", "skip_stages": ("pull_github_data",)}, "options_refused"),
        ({"recipe": "bake"}, "unknown_recipe"),
        ({"preserve_fields": ("followers",)}, "unknown_field"),
        ({"screenshots": "skip", "variants": ("og",)}, "options_refused"),
    ):
        with pytest.raises(Permanent) as raised:
            await run_pipeline(RunRequest.model_validate({"login": "pip", **request}), resources)
        assert raised.value.code == code


async def test_without_pictures(resources: Resources) -> None:
    """A full run without pictures ends once the card is written."""
    answer = await run_pipeline(RunRequest(login="pip", screenshots="skip"), resources)
    run_id = UUID(answer["run_id"])
    await keep_ledger(await card(resources, run_id, **WHOLE), resources)

    assert (await run_row(resources, run_id)).status == "success"
    assert (await profile_of(resources)).status == "success"


async def test_who_may_have_a_part_done_again(resources: Resources) -> None:
    """Whoever looks after a profile may have a recipe run; nobody is mailed, others may not."""
    await kept(resources)
    options = checked(Options(recipe="github_sync"), resources.variants)

    async def ask(person: str, login: str = "PIP") -> UUID:
        async with transaction(resources.sessions) as session:
            user = await user_with_login(session, person)
            asked = await rerun(session, resources.outbox, resources.settings, user, login, options)
            return asked.run_id

    for person, login, code in (
        ("bob", "pip", "profile_claimed"),
        ("ada", "nobody", "profile_missing"),
        ("ada", "no login", "invalid_login"),
    ):
        with pytest.raises(Permanent) as raised:
            await ask(person, login)
        assert raised.value.code == code
    run = await run_row(resources, await ask("ada"))

    assert (run.trigger, run.notify, run.bulk) == ("retry", "none", False)
    assert run.options["recipe"] == "github_sync"
