"""Runs, their steps, the pictures they owe, and every line of their story."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, attribute_keyed_dict, mapped_column, relationship

from techub_api.accounts.tables import User
from techub_api.profiles.tables import Profile
from techub_api.schema import Base

_OPEN_SQL = "status IN ('queued', 'running')"
_UNTOLD_SQL = "notified IS NULL AND status IN ('success', 'partial_success', 'failure')"
_ROUGH_SQL = "status NOT IN ('completed', 'skipped')"


class Run(Base):
    """One pass of the pipeline for one profile; a profile has at most one open run."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("uq_runs_open", "profile_id", unique=True, postgresql_where=text(_OPEN_SQL)),
        Index("ix_runs_queued", "number", postgresql_where=text("status = 'queued'")),
        Index("ix_runs_untold", "id", postgresql_where=text(_UNTOLD_SQL)),
        Index("ix_runs_status", "status", "number"),
        Index("ix_runs_trigger", "trigger", "number"),
        Index("ix_runs_counted", "created_at", "status", "trigger"),
        Index(
            "ix_runs_parent", "parent_run_id", postgresql_where=text("parent_run_id IS NOT NULL")
        ),
        CheckConstraint(f"({_OPEN_SQL}) = (finished_at IS NULL)", name="finished_together"),
        CheckConstraint(
            "status IN ('queued','running','success','partial_success','failure','canceled')",
            name="status_known",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    profile_id: Mapped[UUID] = mapped_column(ForeignKey(Profile.id), index=True)
    parent_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("api.runs.id"))
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    login: Mapped[str]
    trigger: Mapped[str]
    notify: Mapped[str]
    status: Mapped[str]
    bulk: Mapped[bool] = mapped_column(server_default=text("false"))
    options: Mapped[dict[str, Any]]
    policy: Mapped[dict[str, Any]]
    submitted: Mapped[dict[str, Any]]
    card_ready: Mapped[bool] = mapped_column(server_default=text("false"))
    view_key: Mapped[str | None]
    artifacts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    degradations: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    error: Mapped[dict[str, Any] | None]
    notified: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    last_progress_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]

    steps: Mapped[dict[str, "Step"]] = relationship(
        collection_class=attribute_keyed_dict("name"), lazy="raise", passive_deletes="all"
    )
    pictures: Mapped[dict[str, "RunPicture"]] = relationship(
        collection_class=attribute_keyed_dict("kind"), lazy="raise", passive_deletes="all"
    )


Index(
    "ix_runs_login",
    func.lower(Run.login).label("lower_login"),
    Run.number,
    postgresql_ops={"lower_login": "text_pattern_ops"},
)


class Step(Base):
    """One row of a run's story, as it stands now."""

    __tablename__ = "steps"
    __table_args__ = (Index("ix_steps_rough", "name", "run_id", postgresql_where=text(_ROUGH_SQL)),)
    __mapper_args__ = {"eager_defaults": False}  # many in one statement

    run_id: Mapped[UUID] = mapped_column(ForeignKey(Run.id), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity())
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    duration_ms: Mapped[int | None]
    code: Mapped[str | None]
    message: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))


class RunPicture(Base):
    """A picture (or the avatar) a run owes; the run ends when none is open."""

    __tablename__ = "run_pictures"
    __mapper_args__ = {"eager_defaults": False}
    __table_args__ = (
        CheckConstraint("state IN ('open', 'recorded', 'failed')", name="state_known"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey(Run.id), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    requested: Mapped[bool] = mapped_column(server_default=text("false"))
    capture: Mapped[dict[str, Any] | None]
    object_key: Mapped[str | None]
    view_hash: Mapped[str | None]


class Entry(Base):
    """One line of a run's story, in the order it was written."""

    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey(Run.id))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_entries_run", "run_id", "id"),)
