"""The notifier reads which address somebody has to confirm."""

from alembic import op

revision = "2026_11_27_1400"
down_revision = "2026_11_27_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the view and let the notifier read it."""
    op.execute(
        """
        CREATE VIEW api.unconfirmed_addresses AS
        SELECT users.id AS user_id, users.login, users.email AS address
        FROM api.users
        WHERE users.email IS NOT NULL AND users.email_verified_at IS NULL
        """
    )
    op.execute("GRANT SELECT ON api.unconfirmed_addresses TO techub_notifier")


def downgrade() -> None:
    """Drop the view."""
    op.execute("DROP VIEW api.unconfirmed_addresses")
