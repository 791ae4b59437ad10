"""The first tables, and the view through which the notifier sees recipients."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_2200"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
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
        schema="api",
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tell", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
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
        schema="api",
    )
    op.create_index(op.f("ix_outbox_run_id"), "outbox", ["run_id"], unique=False, schema="api")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["due_at"],
        unique=False,
        schema="api",
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("github_id", sa.BigInteger(), nullable=True),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("display_login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("blog", sa.Text(), nullable=True),
        sa.Column("followers", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("following", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("public_repos", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_stars", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "languages", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("github_created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("github_artifact", sa.Text(), nullable=True),
        sa.Column("avatar_key", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("listed", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("login = lower(login)", name=op.f("ck_profiles_login_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("github_id", name=op.f("uq_profiles_github_id")),
        sa.UniqueConstraint("login", name=op.f("uq_profiles_login")),
        sa.UniqueConstraint("number", name=op.f("uq_profiles_number")),
        schema="api",
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("github_id", sa.BigInteger(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wants_mail", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("github_id", name=op.f("uq_users_github_id")),
        schema="api",
    )
    op.create_index(
        "uq_users_login", "users", [sa.literal_column("lower(login)")], unique=True, schema="api"
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["api.users.id"], name=op.f("fk_api_tokens_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_tokens_token_sha256")),
        schema="api",
    )
    op.create_index(
        op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False, schema="api"
    )
    op.create_table(
        "cards",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("traits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("provenance", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("artifact", sa.Text(), nullable=True),
        sa.Column("view_key", sa.Text(), nullable=True),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["api.profiles.id"], name=op.f("fk_cards_profile_id")
        ),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_cards")),
        schema="api",
    )
    op.create_table(
        "login_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column(
            "lost_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["api.profiles.id"], name=op.f("fk_login_history_profile_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_history")),
        schema="api",
    )
    op.create_index(
        op.f("ix_login_history_profile_id"),
        "login_history",
        ["profile_id"],
        unique=False,
        schema="api",
    )
    op.create_table(
        "ownerships",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("role IN ('owner', 'steward')", name=op.f("ck_ownerships_role_known")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["api.profiles.id"], name=op.f("fk_ownerships_profile_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["api.users.id"], name=op.f("fk_ownerships_user_id")),
        sa.PrimaryKeyConstraint("profile_id", "user_id", name=op.f("pk_ownerships")),
        schema="api",
    )
    op.create_index(
        op.f("ix_ownerships_user_id"), "ownerships", ["user_id"], unique=False, schema="api"
    )
    op.create_table(
        "pictures",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["api.profiles.id"], name=op.f("fk_pictures_profile_id")
        ),
        sa.PrimaryKeyConstraint("profile_id", "variant", "format", name=op.f("pk_pictures")),
        schema="api",
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("parent_run_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("notify", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("submitted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("card_ready", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("view_key", sa.Text(), nullable=True),
        sa.Column(
            "artifacts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "degradations",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("notified", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "last_progress_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status IN ('queued', 'running')) = (finished_at IS NULL)",
            name=op.f("ck_runs_finished_together"),
        ),
        sa.CheckConstraint(
            "status IN ('queued','running','success','partial_success','failure','canceled')",
            name=op.f("ck_runs_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_run_id"], ["api.runs.id"], name=op.f("fk_runs_parent_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["api.profiles.id"], name=op.f("fk_runs_profile_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["api.users.id"], name=op.f("fk_runs_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("number", name=op.f("uq_runs_number")),
        schema="api",
    )
    op.create_index(op.f("ix_runs_profile_id"), "runs", ["profile_id"], unique=False, schema="api")
    op.create_index(
        "uq_runs_open",
        "runs",
        ["profile_id"],
        unique=True,
        schema="api",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["api.runs.id"], name=op.f("fk_entries_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        schema="api",
    )
    op.create_index("ix_entries_run", "entries", ["run_id", "id"], unique=False, schema="api")
    op.create_table(
        "run_pictures",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("capture", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'recorded', 'failed')", name=op.f("ck_run_pictures_state_known")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["api.runs.id"], name=op.f("fk_run_pictures_run_id")),
        sa.PrimaryKeyConstraint("run_id", "kind", name=op.f("pk_run_pictures")),
        schema="api",
    )
    op.create_table(
        "steps",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["run_id"], ["api.runs.id"], name=op.f("fk_steps_run_id")),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_steps")),
        schema="api",
    )
    op.execute(
        """
        CREATE VIEW api.notification_recipients AS
        SELECT ownerships.profile_id,
               users.id AS user_id,
               users.email AS address,
               users.email_verified_at IS NOT NULL AS verified,
               users.wants_mail
        FROM api.ownerships
        JOIN api.users ON users.id = ownerships.user_id
        """
    )
    op.execute("GRANT USAGE ON SCHEMA api TO techub_notifier")
    op.execute("GRANT SELECT ON api.notification_recipients TO techub_notifier")


def downgrade() -> None:
    op.execute("DROP VIEW api.notification_recipients")
    op.drop_table("steps", schema="api")
    op.drop_table("run_pictures", schema="api")
    op.drop_index("ix_entries_run", table_name="entries", schema="api")
    op.drop_table("entries", schema="api")
    op.drop_index(
        "uq_runs_open",
        table_name="runs",
        schema="api",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.drop_index(op.f("ix_runs_profile_id"), table_name="runs", schema="api")
    op.drop_table("runs", schema="api")
    op.drop_table("pictures", schema="api")
    op.drop_index(op.f("ix_ownerships_user_id"), table_name="ownerships", schema="api")
    op.drop_table("ownerships", schema="api")
    op.drop_index(op.f("ix_login_history_profile_id"), table_name="login_history", schema="api")
    op.drop_table("login_history", schema="api")
    op.drop_table("cards", schema="api")
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens", schema="api")
    op.drop_table("api_tokens", schema="api")
    op.drop_index("uq_users_login", table_name="users", schema="api")
    op.drop_table("users", schema="api")
    op.drop_table("profiles", schema="api")
    op.drop_index(
        "ix_outbox_waiting",
        table_name="outbox",
        schema="api",
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.drop_index(op.f("ix_outbox_run_id"), table_name="outbox", schema="api")
    op.drop_table("outbox", schema="api")
    op.drop_table("inbox", schema="api")
