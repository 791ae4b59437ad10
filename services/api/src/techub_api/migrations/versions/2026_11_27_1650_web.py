"""People may have everything deleted; requests are counted and remembered for a day."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1650"
down_revision = "2026_11_27_1640"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "forgotten",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_forgotten")),
        schema="api",
    )
    op.create_index("ix_forgotten_since", "forgotten", ["since"], schema="api")
    op.create_table(
        "buckets",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("empty_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_buckets")),
        schema="api",
    )
    op.create_index("ix_buckets_empty_at", "buckets", ["empty_at"], schema="api")
    op.create_table(
        "answered_requests",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False, server_default=NOW),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name=op.f("ck_answered_requests_key_fits")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["api.users.id"], name=op.f("fk_answered_requests_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_answered_requests")),
        schema="api",
    )
    op.create_index(
        "ix_answered_requests_answered_at", "answered_requests", ["answered_at"], schema="api"
    )
    op.add_column("profiles", sa.Column("rewritten_run_id", sa.Uuid(), nullable=True), schema="api")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_column("profiles", "rewritten_run_id", schema="api")
    for table in ("answered_requests", "buckets"):
        op.drop_table(table, schema="api")
    op.drop_table("forgotten", schema="api")
