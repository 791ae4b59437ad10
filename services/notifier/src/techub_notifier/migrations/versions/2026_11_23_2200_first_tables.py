"""The first tables: what was heard, the deliveries, and what the plumbing keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_2200"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "endings",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("told_before", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cause", postgresql.JSONB(), nullable=False),
        sa.Column("cause_tell", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "event IN ('completed', 'partial', 'failed')", name=op.f("ck_endings_event_known")
        ),
        sa.CheckConstraint("told_before >= 0", name=op.f("ck_endings_told_before_counted")),
        sa.PrimaryKeyConstraint("run_id", "event", name=op.f("pk_endings")),
        schema="notifier",
        comment="Ends of runs that were heard; recorded_at once everybody's outcome was told.",
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "claimed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
        schema="notifier",
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tell", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", "tell", name=op.f("uq_outbox_event_id_tell")),
        schema="notifier",
    )
    op.create_index(op.f("ix_outbox_run_id"), "outbox", ["run_id"], unique=False, schema="notifier")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["due_at"],
        unique=False,
        schema="notifier",
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Resend's Idempotency-Key"),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column(
            "recipient", sa.Text(), nullable=False, comment="user:<id> or ops:<hash of the address>"
        ),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "payload", sa.Text(), nullable=True, comment="the JSON that is sent, byte for byte"
        ),
        sa.Column("payload_sha256", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(audience = 'owner') = (user_id IS NOT NULL)",
            name=op.f("ck_deliveries_owners_are_users"),
        ),
        sa.CheckConstraint(
            "(state = 'delivered') = (provider_id IS NOT NULL)",
            name=op.f("ck_deliveries_delivered_with_id"),
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (settled_at IS NULL)",
            name=op.f("ck_deliveries_settled_once_over"),
        ),
        sa.CheckConstraint(
            "audience = 'ops' OR event <> 'partial'",
            name=op.f("ck_deliveries_owners_hear_no_partial"),
        ),
        sa.CheckConstraint(
            "audience = 'owner' OR event <> 'completed'",
            name=op.f("ck_deliveries_ops_hear_no_success"),
        ),
        sa.CheckConstraint(
            "audience IN ('owner', 'ops')", name=op.f("ck_deliveries_audience_known")
        ),
        sa.CheckConstraint(
            "lease_token IS NULL OR (state = 'pending' AND attempts > 0)",
            name=op.f("ck_deliveries_lease_while_pending"),
        ),
        sa.CheckConstraint(
            "state <> 'delivered' OR attempts > 0", name=op.f("ck_deliveries_delivered_after_a_try")
        ),
        sa.CheckConstraint(
            "state <> 'pending' OR (payload IS NOT NULL AND address IS NOT NULL)",
            name=op.f("ck_deliveries_pending_can_be_sent"),
        ),
        sa.CheckConstraint(
            "state <> 'skipped' OR (attempts = 0 AND payload_sha256 IS NULL)",
            name=op.f("ck_deliveries_skipped_unsent"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered') OR last_error IS NOT NULL",
            name=op.f("ck_deliveries_reason_given"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'skipped', 'refused', 'parked')",
            name=op.f("ck_deliveries_state_known"),
        ),
        sa.CheckConstraint(
            "(first_tried_at IS NULL) = (attempts = 0)", name=op.f("ck_deliveries_tries_counted")
        ),
        sa.CheckConstraint(
            "(lease_token IS NULL) = (leased_until IS NULL)", name=op.f("ck_deliveries_lease_whole")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_deliveries_attempts_counted")),
        sa.CheckConstraint(
            "payload IS NULL OR payload_sha256 IS NOT NULL",
            name=op.f("ck_deliveries_payload_hashed"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id", "event"],
            ["notifier.endings.run_id", "notifier.endings.event"],
            name=op.f("fk_deliveries_run_id_event"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "run_id", "event", "recipient", name=op.f("uq_deliveries_run_id_event_recipient")
        ),
        schema="notifier",
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at"],
        unique=False,
        schema="notifier",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_deliveries_to_blank",
        "deliveries",
        ["settled_at"],
        unique=False,
        schema="notifier",
        postgresql_where=sa.text("payload IS NOT NULL OR address IS NOT NULL"),
    )
    op.create_index(
        "uq_deliveries_owner_told_once",
        "deliveries",
        ["profile_id", "event", "user_id"],
        unique=True,
        schema="notifier",
        postgresql_where=sa.text("audience = 'owner' AND state NOT IN ('skipped', 'refused')"),
    )


def downgrade() -> None:
    for table in ("deliveries", "outbox", "inbox", "endings"):
        op.drop_table(table, schema="notifier")
