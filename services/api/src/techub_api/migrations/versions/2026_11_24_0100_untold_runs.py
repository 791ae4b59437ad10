"""The sweep finds ended runs nobody was told of without reading all runs."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_0100"
down_revision = "2026_11_24_0000"
branch_labels = None
depends_on = None

UNTOLD = "notified IS NULL AND status IN ('success', 'partial_success', 'failure')"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_runs_untold", "runs", ["id"], schema="api", postgresql_where=sa.text(UNTOLD))
    op.create_index("ix_cards_written_at", "cards", ["written_at"], schema="api")


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_cards_written_at", table_name="cards", schema="api")
    op.drop_index("ix_runs_untold", table_name="runs", schema="api")
