"""The schema `notifier`: what was heard, whom it concerns, and what became of each mail."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
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
    Column("id", Uuid, primary_key=True),
    Column("key", Uuid, nullable=False, unique=True, comment="the Idempotency-Key at Resend"),
    Column("run_id", Uuid),
    Column("event", Text, nullable=False),
    Column("profile_id", Uuid),
    Column("audience", Text, nullable=False),
    Column("user_id", Uuid),
    Column("recipient", Text, nullable=False, comment="user:<id> or ops:<hash of the address>"),
    Column("address", Text),
    Column("state", Text, nullable=False),
    Column("payload", Text, comment="the JSON that is sent, byte for byte"),
    Column("payload_sha256", Text),
    Column("provider_id", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("resent", Integer, nullable=False, server_default=text("0"), comment="by a person"),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("first_tried_at", DateTime(timezone=True)),
    Column("lease_token", Uuid),
    Column("leased_until", DateTime(timezone=True)),
    Column("last_error", Text),
    Column("digest_id", Uuid, ForeignKey("notifier.deliveries.id"), index=True),
    Column("summary", JSONB, comment="what a digest says of this alert"),
    Column("reported", Text, comment="what Resend said became of it"),
    Column("reported_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("settled_at", DateTime(timezone=True)),
    ForeignKeyConstraint(
        ["run_id", "event"], ["notifier.endings.run_id", "notifier.endings.event"]
    ),
    UniqueConstraint("run_id", "event", "recipient"),
    CheckConstraint(
        "state IN ('pending', 'gathering', 'delivered', 'digested', 'skipped', 'refused',"
        " 'parked', 'dropped')",
        name="state_known",
    ),
    CheckConstraint(
        "event IN ('completed', 'partial', 'failed', 'confirm', 'digest', 'bounced', 'budget',"
        " 'health')",
        name="event_known",
    ),
    CheckConstraint("audience IN ('owner', 'ops')", name="audience_known"),
    CheckConstraint(
        "(event IN ('completed', 'partial', 'failed')) = (run_id IS NOT NULL)", name="runs_end"
    ),
    CheckConstraint("(run_id IS NULL) = (profile_id IS NULL)", name="runs_have_profiles"),
    CheckConstraint("(audience = 'owner') = (user_id IS NOT NULL)", name="owners_are_users"),
    CheckConstraint(
        "audience = 'ops' OR event IN ('completed', 'failed', 'confirm')", name="owners_hear"
    ),
    CheckConstraint("audience = 'owner' OR event NOT IN ('completed', 'confirm')", name="ops_hear"),
    CheckConstraint(
        "(state IN ('pending', 'gathering')) = (settled_at IS NULL)", name="settled_once_over"
    ),
    CheckConstraint(
        "state <> 'gathering' OR (event = 'digest' AND payload_sha256 IS NULL AND attempts = 0)",
        name="gathers_unsent",
    ),
    CheckConstraint(
        "(state = 'digested') = (digest_id IS NOT NULL)"
        " AND (digest_id IS NULL OR summary IS NOT NULL)",
        name="digested_into_one",
    ),
    CheckConstraint("state <> 'digested' OR event IN ('partial', 'failed')", name="alerts_digest"),
    CheckConstraint("(state = 'delivered') = (provider_id IS NOT NULL)", name="delivered_with_id"),
    CheckConstraint("(first_tried_at IS NULL) = (attempts = 0)", name="tries_counted"),
    CheckConstraint("attempts >= 0 AND resent >= 0", name="attempts_counted"),
    CheckConstraint("state <> 'delivered' OR attempts > 0", name="delivered_after_a_try"),
    CheckConstraint(
        "state NOT IN ('skipped', 'digested') OR (attempts = 0 AND payload_sha256 IS NULL)",
        name="skipped_unsent",
    ),
    CheckConstraint(
        "state IN ('pending', 'gathering', 'delivered', 'digested') OR last_error IS NOT NULL",
        name="reason_given",
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
    CheckConstraint(
        "reported IN ('delivered', 'delayed', 'bounced', 'complained', 'failed', 'suppressed')",
        name="report_known",
    ),
    CheckConstraint("(reported IS NULL) = (reported_at IS NULL)", name="reported_once"),
    Index(
        "uq_deliveries_owner_told_once",
        "profile_id",
        "event",
        "user_id",
        unique=True,
        postgresql_where=text("audience = 'owner' AND state NOT IN ('skipped', 'refused')"),
    ),
    Index(
        "uq_deliveries_gathering",
        "recipient",
        unique=True,
        postgresql_where=text("state = 'gathering'"),
    ),
    Index(
        "ix_deliveries_alerts",
        "recipient",
        "created_at",
        postgresql_where=text("audience = 'ops'"),
    ),
    Index("ix_deliveries_due", "due_at", postgresql_where=text("state = 'pending'")),
    Index(
        "ix_deliveries_provider_id",
        "provider_id",
        postgresql_where=text("provider_id IS NOT NULL"),
    ),
    Index(
        "ix_deliveries_to_blank",
        "settled_at",
        postgresql_where=text("payload IS NOT NULL OR address IS NOT NULL"),
    ),
)

STOPPED: Final = Table(
    "stopped_addresses",
    METADATA,
    Column("fingerprint", Text, primary_key=True, comment="hash of the address"),
    Column("reason", Text, nullable=False),
    Column("delivery_id", Uuid, ForeignKey(DELIVERIES.c.id), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("reason IN ('bounced', 'complained', 'suppressed')", name="reason_known"),
    comment="Addresses that take no mail any more.",
)

PACE: Final = Table(
    "pace",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False, server_default=text("1")),
    Column("next_at", Float, nullable=False, server_default=text("0")),
    Column("held_until", Float, nullable=False, server_default=text("0")),
    CheckConstraint("id = 1", name="one_row"),
    comment="How fast all senders together may go; seconds of the database's clock.",
)
