"""A picture remembers what it was made of, so that it is not made again of the same."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1500"
down_revision = "2026_11_27_1410"
branch_labels = None
depends_on = None

TABLES = ("pictures", "run_pictures")


def upgrade() -> None:
    """Add the columns; what is there already counts as made of something unknown."""
    for table in TABLES:
        op.add_column(table, sa.Column("view_hash", sa.Text(), nullable=True), schema="api")


def downgrade() -> None:
    """Drop the columns."""
    for table in TABLES:
        op.drop_column(table, "view_hash", schema="api")
