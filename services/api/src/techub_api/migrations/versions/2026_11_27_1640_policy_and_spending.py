"""Switches, what models took per day, and what a card's stats were counted from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1640"
down_revision = "2026_11_27_1500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the column."""
    op.create_table(
        "switches",
        sa.Column("id", sa.Integer(), autoincrement=False, server_default=sa.text("1"), nullable=False),
        sa.Column("ai_text", sa.Boolean(), nullable=True),
        sa.Column("artwork", sa.Boolean(), nullable=True),
        sa.Column("descriptions", sa.Boolean(), nullable=True),
        sa.Column("require_eligibility", sa.Boolean(), nullable=True),
        sa.Column("eligibility_threshold", sa.Integer(), nullable=True),
        sa.Column("daily_tokens", sa.BigInteger(), nullable=True),
        sa.Column("switched_by", sa.Text(), nullable=False),
        sa.Column(
            "switched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_switches_one_row")),
        sa.CheckConstraint(
            "eligibility_threshold BETWEEN 0 AND 5", name=op.f("ck_switches_threshold_reachable")
        ),
        sa.CheckConstraint("daily_tokens >= 0", name=op.f("ck_switches_tokens_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_switches")),
        schema="api",
    )
    op.create_table(
        "spending",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "purpose", "provider", "model", name=op.f("pk_spending")),
        schema="api",
    )
    op.create_table(
        "exhausted_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column(
            "told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_exhausted_days")),
        schema="api",
    )
    op.add_column(
        "cards",
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        schema="api",
    )


def downgrade() -> None:
    """Drop the column and the tables."""
    op.drop_column("cards", "reasons", schema="api")
    for table in ("exhausted_days", "spending", "switches"):
        op.drop_table(table, schema="api")
