"""The schema `notifier`: what was heard, whom it concerns, and what became of each mail."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from techub_common.database import schema
from techub_common.inbox import inbox_table
from techub_common.outbox import outbox_table

METADATA: Final = schema("notifier")
INBOX: Final = inbox_table(METADATA)
OUTBOX: Final = outbox_table(METADATA)

ENDINGS: Final = Table(
    "endings",
    METADATA,
    Column("run_id", Uuid, nullable=False),
    Column("event", Text, nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("login", Text, nullable=False),
    Column("told_before", Integer, nullable=False, server_default=text("0")),
    Column("cause", JSONB, nullable=False),
    Column("cause_tell", Integer, nullable=False, server_default=text("0")),
    Column("heard_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("recorded_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("run_id", "event"),
    CheckConstraint("event IN ('completed', 'partial', 'failed')", name="event_known"),
    CheckConstraint("told_before >= 0", name="told_before_counted"),
    comment="Ends of runs that were heard; recorded_at once everybody's outcome was told.",
)

DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    Column("id", Uuid, primary_key=True, comment="Resend's Idempotency-Key"),
    Column("run_id", Uuid, nullable=False),
    Column("event", Text, nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("audience", Text, nullable=False),
    Column("user_id", Uuid),
    Column("recipient", Text, nullable=False, comment="user:<id> or ops:<hash of the address>"),
    Column("address", Text),
    Column("state", Text, nullable=False),
    Column("payload", Text, comment="the JSON that is sent, byte for byte"),
    Column("payload_sha256", Text),
    Column("provider_id", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("first_tried_at", DateTime(timezone=True)),
    Column("lease_token", Uuid),
    Column("leased_until", DateTime(timezone=True)),
    Column("last_error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("settled_at", DateTime(timezone=True)),
    ForeignKeyConstraint(
        ["run_id", "event"], ["notifier.endings.run_id", "notifier.endings.event"]
    ),
    UniqueConstraint("run_id", "event", "recipient"),
    CheckConstraint(
        "state IN ('pending', 'delivered', 'skipped', 'refused', 'parked')", name="state_known"
    ),
    CheckConstraint("audience IN ('owner', 'ops')", name="audience_known"),
    CheckConstraint("(audience = 'owner') = (user_id IS NOT NULL)", name="owners_are_users"),
    CheckConstraint("audience = 'ops' OR event <> 'partial'", name="owners_hear_no_partial"),
    CheckConstraint("audience = 'owner' OR event <> 'completed'", name="ops_hear_no_success"),
    CheckConstraint("(state = 'pending') = (settled_at IS NULL)", name="settled_once_over"),
    CheckConstraint("(state = 'delivered') = (provider_id IS NOT NULL)", name="delivered_with_id"),
    CheckConstraint("(first_tried_at IS NULL) = (attempts = 0)", name="tries_counted"),
    CheckConstraint("attempts >= 0", name="attempts_counted"),
    CheckConstraint("state <> 'delivered' OR attempts > 0", name="delivered_after_a_try"),
    CheckConstraint(
        "state <> 'skipped' OR (attempts = 0 AND payload_sha256 IS NULL)", name="skipped_unsent"
    ),
    CheckConstraint(
        "state IN ('pending', 'delivered') OR last_error IS NOT NULL", name="reason_given"
    ),
    CheckConstraint(
        "state <> 'pending' OR (payload IS NOT NULL AND address IS NOT NULL)",
        name="pending_can_be_sent",
    ),
    CheckConstraint("payload IS NULL OR payload_sha256 IS NOT NULL", name="payload_hashed"),
    CheckConstraint("(lease_token IS NULL) = (leased_until IS NULL)", name="lease_whole"),
    CheckConstraint(
        "lease_token IS NULL OR (state = 'pending' AND attempts > 0)", name="lease_while_pending"
    ),
    Index(
        "uq_deliveries_owner_told_once",
        "profile_id",
        "event",
        "user_id",
        unique=True,
        postgresql_where=text("audience = 'owner' AND state NOT IN ('skipped', 'refused')"),
    ),
    Index("ix_deliveries_due", "due_at", postgresql_where=text("state = 'pending'")),
    Index(
        "ix_deliveries_to_blank",
        "settled_at",
        postgresql_where=text("payload IS NOT NULL OR address IS NOT NULL"),
    ),
)
