"""Bulk runs wait in line: which runs are bulk, and a short way to those that wait."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_0000"
down_revision = "2026_11_23_2200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "runs",
        sa.Column("bulk", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="api",
    )
    op.create_index(
        "ix_runs_queued",
        "runs",
        ["number"],
        unique=False,
        schema="api",
        postgresql_where=sa.text("status = 'queued'"),
    )


def downgrade() -> None:
    op.drop_index("ix_runs_queued", table_name="runs", schema="api")
    op.drop_column("runs", "bulk", schema="api")
