"""What operators did: who, what, when, why, and to which runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from techub_api.runs.tables import Run
from techub_api.schema import Base


class Action(Base):
    """Something an operator did, or so far only looked at what it would do.

    `state` goes from `planned` (a dry run) to `begun` when it is confirmed, and to `done`. `asked`
    is what was filled in: the filter, the step, the letter; `said` is what came of it.
    """

    __tablename__ = "operator_actions"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'begun', 'done')", name="state_known"),
        CheckConstraint("(state = 'planned') = (why IS NULL)", name="why_said"),
        CheckConstraint("(state = 'done') = (ended_at IS NOT NULL)", name="ended_together"),
        Index("ix_operator_actions_begun", "id", postgresql_where=text("state = 'begun'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    operator: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    asked: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    why: Mapped[str | None]
    said: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ActionRun(Base):
    """One run an action is about: `note` says what is to be done, then what became of it.

    `outcome` is None until its turn has come, then `done` or `refused`.
    """

    __tablename__ = "operator_action_runs"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'refused')", name="outcome_known"),
        Index(
            "ix_operator_action_runs_waiting",
            "action_id",
            "position",
            postgresql_where=text("outcome IS NULL"),
        ),
    )

    action_id: Mapped[int] = mapped_column(
        ForeignKey(Action.id, ondelete="CASCADE"), primary_key=True
    )
    run_id: Mapped[UUID] = mapped_column(ForeignKey(Run.id), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity())
    note: Mapped[str]
    outcome: Mapped[str | None]
    made_run_id: Mapped[UUID | None]
