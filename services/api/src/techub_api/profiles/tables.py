"""Profiles, their cards, the people who look after them and their current pictures."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.accounts.tables import User
from techub_api.schema import Base


class Profile(Base):
    """One GitHub account; without `github_id` it is a stub that nobody lists.

    `login` is lower-case and unique; `display_login` is as GitHub spells it. A profile whose login
    now belongs to another account has none. `scrape_url` and `submitted_repositories` are what was
    last submitted with it. It is refreshed once `due_at` has come, or when `synced_at` is too long
    ago; `refresh_tried_at` and `sync_error` say when that was last tried and what was in the way.
    `rewritten_run_id` is the last run that its keeper had the card written anew by.
    Its owner may have artwork drawn (`artwork_wanted`); `artwork_run_id` is the run whose turn it
    was, at `artwork_at`.
    """

    __tablename__ = "profiles"
    __table_args__ = (
        CheckConstraint("login = lower(login)", name="login_lower"),
        Index("ix_profiles_languages", "languages", postgresql_using="gin"),
        Index("ix_profiles_login_begins", "login", postgresql_ops={"login": "text_pattern_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    github_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    login: Mapped[str | None] = mapped_column(unique=True)
    display_login: Mapped[str]
    name: Mapped[str | None]
    bio: Mapped[str | None]
    company: Mapped[str | None]
    location: Mapped[str | None]
    blog: Mapped[str | None]
    followers: Mapped[int] = mapped_column(server_default=text("0"))
    following: Mapped[int] = mapped_column(server_default=text("0"))
    public_repos: Mapped[int] = mapped_column(server_default=text("0"))
    total_stars: Mapped[int] = mapped_column(server_default=text("0"))
    total_forks: Mapped[int] = mapped_column(server_default=text("0"))
    public_gists: Mapped[int] = mapped_column(server_default=text("0"))
    kind: Mapped[str] = mapped_column(server_default=text("'User'"))
    twitter_username: Mapped[str | None]
    html_url: Mapped[str | None]
    hireable: Mapped[bool] = mapped_column(server_default=text("false"))
    languages: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    summary: Mapped[str | None]
    github_created_at: Mapped[datetime | None]
    github_artifact: Mapped[str | None]
    avatar_key: Mapped[str | None]
    status: Mapped[str | None]
    listed: Mapped[bool] = mapped_column(server_default=text("true"))
    synced_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    refresh_tried_at: Mapped[datetime | None]
    sync_error: Mapped[str | None]
    rewritten_run_id: Mapped[UUID | None]
    scrape_url: Mapped[str | None]
    submitted_repositories: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    artwork_wanted: Mapped[bool] = mapped_column(server_default=text("false"))
    artwork_run_id: Mapped[UUID | None]
    artwork_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


Index(
    "ix_profiles_name_begins",
    func.lower(Profile.name).label("lower_name"),
    postgresql_ops={"lower_name": "text_pattern_ops"},
)


class LoginHistory(Base):
    """Logins a profile had before; a recycled login leads here no more."""

    __tablename__ = "login_history"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), index=True)
    login: Mapped[str]
    lost_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Card(Base):
    """The profile's traits as they were last written, with who wrote them.

    `reasons` says of each stat that was counted what it was counted from.
    """

    __tablename__ = "cards"
    __table_args__ = (
        Index("ix_cards_newest", "written_at", "profile_id"),
        Index(
            "ix_cards_traits",
            "traits",
            postgresql_using="gin",
            postgresql_ops={"traits": "jsonb_path_ops"},
        ),
    )

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    run_id: Mapped[UUID]
    traits: Mapped[dict[str, Any]]
    provenance: Mapped[dict[str, Any]]
    reasons: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    artifact: Mapped[str | None]
    view_key: Mapped[str | None]
    written_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Ownership(Base):
    """Who looks after a profile: its owner (same GitHub id) or the steward who submitted it."""

    __tablename__ = "ownerships"
    __table_args__ = (CheckConstraint("role IN ('owner', 'steward')", name="role_known"),)

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id), primary_key=True, index=True)
    role: Mapped[str]
    since: Mapped[datetime] = mapped_column(server_default=func.now())


class Picture(Base):
    """One current public file of a profile's picture."""

    __tablename__ = "pictures"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    object_key: Mapped[str]
    sha256: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int]
    height: Mapped[int]
    mime: Mapped[str]
    run_id: Mapped[UUID]
    view_hash: Mapped[str | None]
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
