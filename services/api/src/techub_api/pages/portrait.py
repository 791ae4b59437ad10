"""What the tabs of a profile's page show beside its card: each read when somebody looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.pages.charts import Bar, Calendar, bars_of, calendar_of, line_of
from techub_api.profiles.details import (
    ProfileActivity,
    ProfileLanguage,
    ProfileOrganization,
    ProfileRepository,
    ProfileSocialAccount,
    ProfileStats,
)
from techub_api.runs.tables import Run

RUNS: Final = 10
DAYS: Final = 30
SPARK: Final = (240, 48)
ROLES: Final[Mapping[str, str]] = {
    "pinned": "Pinned",
    "top": "Most starred",
    "active": "Busy lately",
    "submitted": "Named with the submission",
}
EVENTS: Final[Mapping[str, str]] = {
    "PushEvent": "Pushes",
    "PullRequestEvent": "Pull requests",
    "PullRequestReviewEvent": "Reviews",
    "PullRequestReviewCommentEvent": "Review comments",
    "IssuesEvent": "Issues",
    "IssueCommentEvent": "Comments on issues",
    "CommitCommentEvent": "Comments on commits",
    "CreateEvent": "Branches, tags and repositories made",
    "DeleteEvent": "Branches and tags removed",
    "ForkEvent": "Forks",
    "WatchEvent": "Stars given",
    "ReleaseEvent": "Releases",
    "PublicEvent": "Repositories opened to everybody",
    "MemberEvent": "Collaborators",
    "GollumEvent": "Wiki pages",
}


class Tab(StrEnum):
    """The tabs, in their order."""

    overview = "overview"
    pictures = "pictures"
    repositories = "repositories"
    activity = "activity"
    traits = "traits"
    status = "status"


class Contributions(BaseModel):
    """The figures of the contribution calendar as far as they are shown."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    window_days: int = 0
    total: int = 0
    commits: int = 0
    pull_requests: int = 0
    reviews: int = 0
    issues: int = 0
    active_weeks: int = 0
    current_streak: int = 0
    longest_streak: int = 0
    first_day: date | None = None
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where else somebody is."""

    organizations: Sequence[ProfileOrganization]
    accounts: Sequence[ProfileSocialAccount]


@dataclass(frozen=True, slots=True)
class Activity:
    """What somebody did lately."""

    known: ProfileActivity | None
    contributions: Contributions | None
    calendar: Calendar | None
    events: Sequence[Bar]
    languages: Sequence[Bar]
    by_size: bool
    trends: Sequence["Trend"]


@dataclass(frozen=True, slots=True)
class Trend:
    """A number over the last days: where it stands, how it moved, and its line."""

    name: str
    now: int
    moved: int
    since: date
    points: str


async def elsewhere_of(session: AsyncSession, profile_id: UUID) -> Elsewhere:
    """Return the organisations and the accounts a profile names, in two reads."""
    organizations = await session.scalars(
        select(ProfileOrganization)
        .where(ProfileOrganization.profile_id == profile_id)
        .order_by(ProfileOrganization.login)
    )
    accounts = await session.scalars(
        select(ProfileSocialAccount)
        .where(ProfileSocialAccount.profile_id == profile_id)
        .order_by(ProfileSocialAccount.provider, ProfileSocialAccount.url)
    )
    return Elsewhere(organizations.all(), accounts.all())


async def repositories_of(
    session: AsyncSession, profile_id: UUID
) -> dict[str, list[ProfileRepository]]:
    """Return the repositories under the heading of their role; each stands under its first one."""
    rows = await session.scalars(
        select(ProfileRepository)
        .where(ProfileRepository.profile_id == profile_id)
        .order_by(ProfileRepository.position, ProfileRepository.full_name)
    )
    found = rows.all()
    shown: dict[str, list[ProfileRepository]] = {}
    seen: set[str] = set()
    for role, heading in ROLES.items():
        own = [row for row in found if row.role == role and row.full_name not in seen]
        seen |= {row.full_name for row in own}
        if own:
            shown[heading] = own
    return shown


async def activity_of(session: AsyncSession, profile_id: UUID) -> Activity:
    """Return what the last 90 days and the last counted days amount to, in three reads."""
    known = await session.get(ProfileActivity, profile_id)
    spoken = (
        await session.scalars(
            select(ProfileLanguage).where(ProfileLanguage.profile_id == profile_id)
        )
    ).all()
    stats = (
        await session.scalars(
            select(ProfileStats)
            .where(ProfileStats.profile_id == profile_id)
            .order_by(ProfileStats.day.desc())
            .limit(DAYS)
        )
    ).all()
    by_size = any(row.bytes for row in spoken)
    sizes = {row.name: (row.bytes or 0) if by_size else row.repositories for row in spoken}
    contributions = _contributions(known.contributions if known else None)
    return Activity(
        known=known,
        contributions=contributions,
        calendar=_calendar(contributions),
        events=bars_of(_events(known.event_breakdown if known else {})),
        languages=bars_of(sizes),
        by_size=by_size,
        trends=trends_of(list(reversed(stats))),
    )


async def history_of(session: AsyncSession, profile_id: UUID) -> Sequence[Run]:
    """Return the profile's last runs, the newest first."""
    rows = await session.scalars(
        select(Run).where(Run.profile_id == profile_id).order_by(Run.number.desc()).limit(RUNS)
    )
    return rows.all()


def trends_of(stats: Sequence[ProfileStats]) -> list[Trend]:
    """Return how followers, stars and repositories moved over the days, from two days on."""
    if len(stats) <= 1:
        return []
    counted = {
        "Followers": [day.followers for day in stats],
        "Stars": [day.total_stars for day in stats],
        "Repositories": [day.public_repos for day in stats],
    }
    return [
        Trend(name, values[-1], values[-1] - values[0], stats[0].day, line_of(values, *SPARK))
        for name, values in counted.items()
    ]


def _contributions(kept: Mapping[str, Any] | None) -> Contributions | None:
    try:
        return Contributions.model_validate(kept) if kept else None
    except ValidationError:  # kept by a release that wrote it otherwise
        return None


def _calendar(contributions: Contributions | None) -> Calendar | None:
    if contributions is None or contributions.first_day is None or not contributions.days:
        return None
    return calendar_of(contributions.first_day, contributions.days)


def _events(breakdown: Mapping[str, Any]) -> dict[str, int]:
    return {
        EVENTS.get(kind, kind.removesuffix("Event")): count
        for kind, count in breakdown.items()
        if isinstance(count, int)
    }
