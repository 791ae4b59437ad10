"""Makes the stored profile say what a run found out, in the ledger's transaction.

A section GitHub did not answer for stays as it is stored; one it says is empty is emptied. Every
write is an upsert by a natural key: the same facts twice leave the same rows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, delete, func, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

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
from techub_api.profiles.facts import Facts, GitHubFacts, RepositoryFacts, ScrapeFacts
from techub_api.profiles.tables import Profile
from techub_api.schema import Base

MAX_LANGUAGES: Final = 6
MOST: Final = 2**31 - 1
PRESERVABLE: Final = ("name", "bio", "company", "location", "blog", "twitter_username", "summary")
PLAIN: Final = (
    *PRESERVABLE,
    "html_url",
    "hireable",
    "followers",
    "following",
    "public_repos",
    "public_gists",
)


async def keep_facts(
    session: AsyncSession, profile: Profile, facts: Facts, preserved: Collection[str] = ()
) -> None:
    """Store everything; fields of the profile that are `preserved` stay as they are."""
    github = facts.github
    _keep_profile(profile, github, preserved)
    profile.github_artifact = facts.artifact
    profile.synced_at = func.now()
    profile.due_at = profile.sync_error = None
    await session.flush()
    await _keep_repositories(session, profile.id, facts)
    await _keep_sections(session, profile.id, github)
    if facts.scrape is not None:
        await _keep_scrape(session, profile, facts.scrape)
    await _keep_stats(session, profile, github)


def _keep_profile(profile: Profile, github: GitHubFacts, preserved: Collection[str]) -> None:
    profile.display_login = github.login
    profile.kind = github.type
    profile.github_created_at = github.created_at
    for field in PLAIN:
        if field not in preserved:
            setattr(profile, field, getattr(github, field))
    if "repositories" in github.unread:
        return
    profile.total_stars = min(github.total_stars, MOST)
    profile.total_forks = min(github.total_forks, MOST)
    ranked = sorted(github.languages.items(), key=lambda pair: (-pair[1], pair[0]))
    profile.languages = [name for name, _ in ranked[:MAX_LANGUAGES]]


async def _keep_repositories(session: AsyncSession, profile_id: UUID, facts: Facts) -> None:
    github = facts.github
    roles: dict[str, Iterable[RepositoryFacts]] = {}
    if github.has("repositories"):
        roles["top"] = github.top_repositories
    if github.has("pinned"):
        roles["pinned"] = github.pinned
    if github.has("active"):
        roles["active"] = github.active
    if facts.submitted is not None and facts.submitted.repositories:
        roles["submitted"] = facts.submitted.repositories
    rows = [
        {**one.model_dump(), "topics": list(one.topics), "role": role, "position": position}
        for role, found in roles.items()
        for position, one in enumerate({one.full_name: one for one in found}.values())
    ]
    if roles:
        scope = ProfileRepository.role.in_(list(roles))
        await _replace(session, ProfileRepository, profile_id, rows, scope)


async def _keep_sections(session: AsyncSession, profile_id: UUID, github: GitHubFacts) -> None:
    if github.has("organizations"):
        rows = [
            {"github_id": one.id, **one.model_dump(exclude={"id"})}
            for one in {one.id: one for one in github.organizations or ()}.values()
        ]
        await _replace(session, ProfileOrganization, profile_id, rows)
    if github.has("social_accounts"):
        accounts = {(one.provider, one.url): one for one in github.social_accounts}
        rows = [one.model_dump() for one in accounts.values()]
        await _replace(session, ProfileSocialAccount, profile_id, rows)
    if github.has("repositories") or github.has("languages"):
        names = dict.fromkeys([*github.languages, *github.language_bytes])
        rows = [
            {
                "name": name,
                "repositories": github.languages.get(name, 0),
                "bytes": github.language_bytes.get(name),
            }
            for name in names
        ]
        await _replace(session, ProfileLanguage, profile_id, rows)
    await _keep_activity(session, profile_id, github)
    if github.has("readme"):
        rows = [{"content": github.readme}] if github.readme else []
        await _replace(session, ProfileReadme, profile_id, rows)


async def _keep_activity(session: AsyncSession, profile_id: UUID, github: GitHubFacts) -> None:
    row: dict[str, Any] = {}
    if github.has("activity") and github.activity is not None:
        row |= github.activity.model_dump()
        row["recent_repos"] = list(github.activity.recent_repos)
    if github.has("contributions"):
        row["contributions"] = github.contributions
    if row:
        await _upsert(session, ProfileActivity, [{"profile_id": profile_id, **row}])


async def _keep_scrape(session: AsyncSession, profile: Profile, scrape: ScrapeFacts) -> None:
    """Keep the page; one that could not be read leaves what is stored of the same address."""
    if scrape.fetched_at is not None:
        row = {**scrape.model_dump(), "links": list(scrape.links)}
        await _upsert(session, ProfileScrape, [{"profile_id": profile.id, **row}])
        return
    await session.execute(
        delete(ProfileScrape).where(
            ProfileScrape.profile_id == profile.id, ProfileScrape.url != scrape.url
        )
    )


async def _keep_stats(session: AsyncSession, profile: Profile, github: GitHubFacts) -> None:
    figures = ("followers", "following", "public_repos")
    row = {
        "profile_id": profile.id,
        "day": func.date(func.timezone("utc", func.now())),
        **{name: getattr(github, name) for name in figures},
        "total_stars": profile.total_stars,
        "total_forks": profile.total_forks,
        "captured_at": func.now(),
    }
    await _upsert(session, ProfileStats, [row])


async def _replace(
    session: AsyncSession,
    kind: type[Base],
    profile_id: UUID,
    rows: Sequence[Mapping[str, Any]],
    scope: Any = None,  # noqa: ANN401  # a condition, of whatever kind
) -> None:
    """Make these rows all there are of the profile, within `scope`."""
    owned = [{"profile_id": profile_id, **row} for row in rows]
    gone = delete(kind).where(_table(kind).c.profile_id == profile_id)
    if scope is not None:
        gone = gone.where(scope)
    key = [column for column in _table(kind).primary_key if column.name != "profile_id"]
    if owned and key:
        kept = [tuple(row[column.name] for column in key) for row in owned]
        gone = gone.where(tuple_(*key).not_in(kept))
    if not owned or key:
        await session.execute(gone)
    if owned:
        await _upsert(session, kind, owned)


async def _upsert(
    session: AsyncSession, kind: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    key = [column.name for column in _table(kind).primary_key]
    statement = insert(kind).values(list(rows))
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await session.execute(statement.on_conflict_do_update(index_elements=key, set_=fresh))


def _table(kind: type[Base]) -> Table:
    table = kind.__table__
    if not isinstance(table, Table):
        raise TypeError
    return table
