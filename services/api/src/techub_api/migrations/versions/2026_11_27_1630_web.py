"""People may have everything deleted; requests are counted and remembered for a day."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1630"
down_revision = "2026_11_27_1500"
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


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("forgotten", schema="api")
