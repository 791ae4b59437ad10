"""What operators did is kept; runs are found by what operators filter by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_2120"
down_revision = "2026_11_27_2110"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    """Add the tables and the indexes."""
    op.create_table(
        "operator_actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'begun', 'done')", name=op.f("ck_operator_actions_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'planned') = (why IS NULL)", name=op.f("ck_operator_actions_why_said")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (ended_at IS NOT NULL)",
            name=op.f("ck_operator_actions_ended_together"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_actions")),
        schema="api",
    )
    op.create_index(
        "ix_operator_actions_begun",
        "operator_actions",
        ["id"],
        schema="api",
        postgresql_where=sa.text("state = 'begun'"),
    )
    op.create_table(
        "operator_action_runs",
        sa.Column("action_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("made_run_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused')", name=op.f("ck_operator_action_runs_outcome_known")
        ),
        sa.ForeignKeyConstraint(
            ["action_id"],
            ["api.operator_actions.id"],
            name=op.f("fk_operator_action_runs_action_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["api.runs.id"], name=op.f("fk_operator_action_runs_run_id")
        ),
        sa.PrimaryKeyConstraint("action_id", "run_id", name=op.f("pk_operator_action_runs")),
        schema="api",
    )
    op.create_index(
        "ix_operator_action_runs_run_id", "operator_action_runs", ["run_id"], schema="api"
    )
    op.create_index(
        "ix_operator_action_runs_waiting",
        "operator_action_runs",
        ["action_id", "position"],
        schema="api",
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index("ix_runs_status", "runs", ["status", "number"], schema="api")
    op.create_index("ix_runs_trigger", "runs", ["trigger", "number"], schema="api")
    op.create_index("ix_runs_counted", "runs", ["created_at", "status", "trigger"], schema="api")
    op.create_index(
        "ix_runs_login",
        "runs",
        [sa.text("lower(login) text_pattern_ops"), "number"],
        schema="api",
    )
    op.create_index(
        "ix_runs_parent",
        "runs",
        ["parent_run_id"],
        schema="api",
        postgresql_where=sa.text("parent_run_id IS NOT NULL"),
    )
    op.create_index(
        "ix_steps_rough",
        "steps",
        ["name", "run_id"],
        schema="api",
        postgresql_where=sa.text("status NOT IN ('completed', 'skipped')"),
    )


def downgrade() -> None:
    """Drop the indexes and the tables."""
    op.drop_index("ix_steps_rough", "steps", schema="api")
    for name in ("parent", "login", "counted", "trigger", "status"):
        op.drop_index(f"ix_runs_{name}", "runs", schema="api")
    for table in ("operator_action_runs", "operator_actions"):
        op.drop_table(table, schema="api")
