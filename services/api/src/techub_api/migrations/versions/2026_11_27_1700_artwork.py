"""Owners ask for artwork of their profile; a week's turn belongs to one run."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1700"
down_revision = "2026_11_27_1650"
branch_labels = None
depends_on = None

OFF = sa.text("false")


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "profiles",
        sa.Column("artwork_wanted", sa.Boolean(), server_default=OFF, nullable=False),
        schema="api",
    )
    op.add_column("profiles", sa.Column("artwork_run_id", sa.Uuid(), nullable=True), schema="api")
    op.add_column(
        "profiles",
        sa.Column("artwork_at", sa.DateTime(timezone=True), nullable=True),
        schema="api",
    )


def downgrade() -> None:
    """Drop the columns."""
    for column in ("artwork_at", "artwork_run_id", "artwork_wanted"):
        op.drop_column("profiles", column, schema="api")
