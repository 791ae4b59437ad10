"""Operators can be told what fails now and what works again."""

from alembic import op

revision = "2026_11_27_2110"
down_revision = "2026_11_27_1640"
branch_labels = None
depends_on = None

BEFORE = "event IN ('completed', 'partial', 'failed', 'confirm', 'digest', 'bounced', 'budget')"
NOW = BEFORE.replace("'budget'", "'budget', 'health'")


def upgrade() -> None:
    """Let deliveries be about our own health."""
    _check(NOW)


def downgrade() -> None:
    """Forget them again, and those that were made."""
    op.execute("DELETE FROM notifier.deliveries WHERE event = 'health'")
    _check(BEFORE)


def _check(condition: str) -> None:
    name = op.f("ck_deliveries_event_known")
    op.drop_constraint(name, "deliveries", schema="notifier", type_="check")
    op.create_check_constraint(name, "deliveries", condition, schema="notifier")
