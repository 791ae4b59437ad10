"""What GitHub shows of a profile beside its numbers; unique keys make a repeat an upsert."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.profiles.tables import Profile
from techub_api.schema import Base

_NONE = text("0")
_EMPTY = text("'{}'")


class ProfileRepository(Base):
    """A repository in one of its roles: one may be top, pinned, active and submitted at once."""

    __tablename__ = "profile_repositories"
    __table_args__ = (
        CheckConstraint("role IN ('top', 'pinned', 'active', 'submitted')", name="role_known"),
        Index("ix_profile_repositories_topics", "topics", postgresql_using="gin"),
    )

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    description: Mapped[str | None]
    html_url: Mapped[str | None]
    stars: Mapped[int] = mapped_column(server_default=_NONE)
    forks: Mapped[int] = mapped_column(server_default=_NONE)
    language: Mapped[str | None]
    topics: Mapped[list[str]] = mapped_column(server_default=_EMPTY)
    fork: Mapped[bool] = mapped_column(server_default=text("false"))
    archived: Mapped[bool] = mapped_column(server_default=text("false"))
    pushed_at: Mapped[datetime | None]
    created_at: Mapped[datetime | None]


class ProfileOrganization(Base):
    """An organisation the account shows itself a member of."""

    __tablename__ = "profile_organizations"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    github_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    login: Mapped[str]
    name: Mapped[str | None]
    avatar_url: Mapped[str | None]
    description: Mapped[str | None]


class ProfileSocialAccount(Base):
    """An account elsewhere; `provider` is GitHub's word for it, upper-case."""

    __tablename__ = "profile_social_accounts"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str | None]


class ProfileLanguage(Base):
    """How many own repositories are written in it, and how much of it there is where known."""

    __tablename__ = "profile_languages"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    repositories: Mapped[int] = mapped_column(server_default=_NONE)
    bytes: Mapped[int | None] = mapped_column(BigInteger)


class ProfileActivity(Base):
    """What the public events and the contributions of the last 90 days amount to."""

    __tablename__ = "profile_activities"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    total_events: Mapped[int] = mapped_column(server_default=_NONE)
    event_breakdown: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY)
    recent_repos: Mapped[list[str]] = mapped_column(server_default=_EMPTY)
    last_active: Mapped[datetime | None] = mapped_column(index=True)
    contributions: Mapped[dict[str, Any] | None]


class ProfileReadme(Base):
    """The text of the profile's README."""

    __tablename__ = "profile_readmes"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    content: Mapped[str]


class ProfileScrape(Base):
    """The person's own page as it was last read."""

    __tablename__ = "profile_scrapes"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    url: Mapped[str]
    canonical_url: Mapped[str | None]
    title: Mapped[str | None]
    description: Mapped[str | None]
    text: Mapped[str]
    links: Mapped[list[str]] = mapped_column(server_default=_EMPTY)
    content_type: Mapped[str | None]
    http_status: Mapped[int | None]
    bytes: Mapped[int]
    fetched_at: Mapped[datetime]


class ProfileStats(Base):
    """A profile's numbers on one day (UTC), as they were last read that day."""

    __tablename__ = "profile_stats"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    followers: Mapped[int]
    following: Mapped[int]
    public_repos: Mapped[int]
    total_stars: Mapped[int]
    total_forks: Mapped[int]
    captured_at: Mapped[datetime] = mapped_column(server_default=func.now())
