"""Digests, confirmations, reports of the provider, stopped addresses, a pace for all replicas."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1200"
down_revision = "2026_11_23_2200"
branch_labels = None
depends_on = None

BEFORE = {
    "state_known": "state IN ('pending', 'delivered', 'skipped', 'refused', 'parked')",
    "owners_hear_no_partial": "audience = 'ops' OR event <> 'partial'",
    "ops_hear_no_success": "audience = 'owner' OR event <> 'completed'",
    "settled_once_over": "(state = 'pending') = (settled_at IS NULL)",
    "attempts_counted": "attempts >= 0",
    "skipped_unsent": "state <> 'skipped' OR (attempts = 0 AND payload_sha256 IS NULL)",
    "reason_given": "state IN ('pending', 'delivered') OR last_error IS NOT NULL",
}
CHECKS = {
    "state_known": "state IN ('pending', 'gathering', 'delivered', 'digested', 'skipped',"
    " 'refused', 'parked', 'dropped')",
    "event_known": "event IN ('completed', 'partial', 'failed', 'confirm', 'digest', 'bounced')",
    "runs_end": "(event IN ('completed', 'partial', 'failed')) = (run_id IS NOT NULL)",
    "runs_have_profiles": "(run_id IS NULL) = (profile_id IS NULL)",
    "owners_hear": "audience = 'ops' OR event IN ('completed', 'failed', 'confirm')",
    "ops_hear": "audience = 'owner' OR event NOT IN ('completed', 'confirm')",
    "settled_once_over": "(state IN ('pending', 'gathering')) = (settled_at IS NULL)",
    "gathers_unsent": "state <> 'gathering' OR"
    " (event = 'digest' AND payload_sha256 IS NULL AND attempts = 0)",
    "digested_into_one": "(state = 'digested') = (digest_id IS NOT NULL)"
    " AND (digest_id IS NULL OR summary IS NOT NULL)",
    "alerts_digest": "state <> 'digested' OR event IN ('partial', 'failed')",
    "attempts_counted": "attempts >= 0 AND resent >= 0",
    "skipped_unsent": "state NOT IN ('skipped', 'digested') OR"
    " (attempts = 0 AND payload_sha256 IS NULL)",
    "reason_given": "state IN ('pending', 'gathering', 'delivered', 'digested')"
    " OR last_error IS NOT NULL",
    "report_known": "reported IN"
    " ('delivered', 'delayed', 'bounced', 'complained', 'failed', 'suppressed')",
    "reported_once": "(reported IS NULL) = (reported_at IS NULL)",
}


def upgrade() -> None:
    """Add what is new; rows there are keep their id as their key."""
    new = (
        sa.Column("key", sa.Uuid(), nullable=True, comment="the Idempotency-Key at Resend"),
        sa.Column(
            "resent", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="by a person"
        ),
        sa.Column("digest_id", sa.Uuid(), nullable=True),
        sa.Column(
            "summary", postgresql.JSONB(), nullable=True, comment="what a digest says of this alert"
        ),
        sa.Column("reported", sa.Text(), nullable=True, comment="what Resend said became of it"),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
    )
    for column in new:
        op.add_column("deliveries", column, schema="notifier")
    op.execute("UPDATE notifier.deliveries SET key = id")
    op.alter_column("deliveries", "key", nullable=False, schema="notifier")
    op.alter_column("deliveries", "id", comment=None, existing_comment="x", schema="notifier")
    for name in ("run_id", "profile_id"):
        op.alter_column("deliveries", name, nullable=True, schema="notifier")
    op.create_unique_constraint(op.f("uq_deliveries_key"), "deliveries", ["key"], schema="notifier")
    op.create_foreign_key(
        op.f("fk_deliveries_digest_id"),
        "deliveries",
        "deliveries",
        ["digest_id"],
        ["id"],
        source_schema="notifier",
        referent_schema="notifier",
    )
    for name in BEFORE:
        op.drop_constraint(op.f(f"ck_deliveries_{name}"), "deliveries", schema="notifier")
    for name, rule in CHECKS.items():
        op.create_check_constraint(
            op.f(f"ck_deliveries_{name}"), "deliveries", rule, schema="notifier"
        )
    op.create_index(op.f("ix_deliveries_digest_id"), "deliveries", ["digest_id"], schema="notifier")
    partial = (
        ("uq_deliveries_gathering", ["recipient"], "state = 'gathering'"),
        ("ix_deliveries_alerts", ["recipient", "created_at"], "audience = 'ops'"),
        ("ix_deliveries_provider_id", ["provider_id"], "provider_id IS NOT NULL"),
    )
    for name, columns, where in partial:
        op.create_index(
            name,
            "deliveries",
            columns,
            unique=name.startswith("uq"),
            schema="notifier",
            postgresql_where=sa.text(where),
        )
    _new_tables()


def _new_tables() -> None:
    op.create_table(
        "stopped_addresses",
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="hash of the address"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "reason IN ('bounced', 'complained', 'suppressed')",
            name=op.f("ck_stopped_addresses_reason_known"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["notifier.deliveries.id"],
            name=op.f("fk_stopped_addresses_delivery_id"),
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_stopped_addresses")),
        schema="notifier",
        comment="Addresses that take no mail any more.",
    )
    op.create_table(
        "pace",
        sa.Column(
            "id",
            sa.Integer(),
            server_default=sa.text("1"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("next_at", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("held_until", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_pace_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pace")),
        schema="notifier",
        comment="How fast all senders together may go; seconds of the database's clock.",
    )
    op.execute("INSERT INTO notifier.pace DEFAULT VALUES")


def downgrade() -> None:
    """Go back only where nothing new is kept."""
    for table in ("pace", "stopped_addresses"):
        op.drop_table(table, schema="notifier")
    for name in ("ix_deliveries_provider_id", "ix_deliveries_alerts", "uq_deliveries_gathering"):
        op.drop_index(name, table_name="deliveries", schema="notifier")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_deliveries_{name}"), "deliveries", schema="notifier")
    for name, rule in BEFORE.items():
        op.create_check_constraint(
            op.f(f"ck_deliveries_{name}"), "deliveries", rule, schema="notifier"
        )
    for name in ("run_id", "profile_id"):
        op.alter_column("deliveries", name, nullable=False, schema="notifier")
    for name in ("reported_at", "reported", "summary", "digest_id", "resent", "key"):
        op.drop_column("deliveries", name, schema="notifier")
