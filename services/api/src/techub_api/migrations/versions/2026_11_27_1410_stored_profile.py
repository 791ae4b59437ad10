"""Everything GitHub shows of a profile is stored; profiles are refreshed when they are due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_1410"
down_revision = "2026_11_27_1400"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TEXTS = postgresql.ARRAY(sa.Text())
JSON = postgresql.JSONB(astext_type=sa.Text())
NONE = sa.text("0")
EMPTY = sa.text("'{}'")
FALSE = sa.text("false")
NOW = sa.text("now()")


def upgrade() -> None:
    """Add the tables and the profile's columns."""
    for column in (
        sa.Column("total_forks", sa.Integer(), server_default=NONE, nullable=False),
        sa.Column("public_gists", sa.Integer(), server_default=NONE, nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'User'"), nullable=False),
        sa.Column("twitter_username", sa.Text()),
        sa.Column("html_url", sa.Text()),
        sa.Column("hireable", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("refresh_tried_at", MOMENT),
        sa.Column("sync_error", sa.Text()),
        sa.Column("scrape_url", sa.Text()),
        sa.Column("submitted_repositories", TEXTS, server_default=EMPTY, nullable=False),
    ):
        op.add_column("profiles", column, schema="api")
    op.create_index("ix_profiles_due_at", "profiles", ["due_at"], schema="api")
    _table(
        "profile_repositories",
        ["role", "full_name"],
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("html_url", sa.Text()),
        sa.Column("stars", sa.Integer(), server_default=NONE, nullable=False),
        sa.Column("forks", sa.Integer(), server_default=NONE, nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("topics", TEXTS, server_default=EMPTY, nullable=False),
        sa.Column("fork", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("archived", sa.Boolean(), server_default=FALSE, nullable=False),
        sa.Column("pushed_at", MOMENT),
        sa.Column("created_at", MOMENT),
        sa.CheckConstraint(
            "role IN ('top', 'pinned', 'active', 'submitted')",
            name=op.f("ck_profile_repositories_role_known"),
        ),
    )
    op.create_index(
        "ix_profile_repositories_topics",
        "profile_repositories",
        ["topics"],
        schema="api",
        postgresql_using="gin",
    )
    _table(
        "profile_organizations",
        ["github_id"],
        sa.Column("github_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("avatar_url", sa.Text()),
        sa.Column("description", sa.Text()),
    )
    _table(
        "profile_social_accounts",
        ["provider", "url"],
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text()),
    )
    _table(
        "profile_languages",
        ["name"],
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("repositories", sa.Integer(), server_default=NONE, nullable=False),
        sa.Column("bytes", sa.BigInteger()),
    )
    _table(
        "profile_activities",
        [],
        sa.Column("total_events", sa.Integer(), server_default=NONE, nullable=False),
        sa.Column("event_breakdown", JSON, server_default=EMPTY, nullable=False),
        sa.Column("recent_repos", TEXTS, server_default=EMPTY, nullable=False),
        sa.Column("last_active", MOMENT),
        sa.Column("contributions", JSON),
    )
    op.create_index(
        "ix_profile_activities_last_active", "profile_activities", ["last_active"], schema="api"
    )
    _table("profile_readmes", [], sa.Column("content", sa.Text(), nullable=False))
    _table(
        "profile_scrapes",
        [],
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("canonical_url", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("links", TEXTS, server_default=EMPTY, nullable=False),
        sa.Column("content_type", sa.Text()),
        sa.Column("http_status", sa.Integer()),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
    )
    _table(
        "profile_stats",
        ["day"],
        sa.Column("day", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("followers", "following", "public_repos", "total_stars", "total_forks")
        ),
        sa.Column("captured_at", MOMENT, server_default=NOW, nullable=False),
    )


def _table(name: str, key: list[str], *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["profile_id"], ["api.profiles.id"], name=op.f(f"fk_{name}_profile_id_profiles")
        ),
        sa.PrimaryKeyConstraint("profile_id", *key, name=op.f(f"pk_{name}")),
        schema="api",
    )


def downgrade() -> None:
    """Drop what was added."""
    for name in (
        "stats",
        "scrapes",
        "readmes",
        "activities",
        "languages",
        "social_accounts",
        "organizations",
        "repositories",
    ):
        op.drop_table(f"profile_{name}", schema="api")
    op.drop_index("ix_profiles_due_at", table_name="profiles", schema="api")
    for name in (
        "submitted_repositories",
        "scrape_url",
        "sync_error",
        "refresh_tried_at",
        "due_at",
        "hireable",
        "html_url",
        "twitter_username",
        "kind",
        "public_gists",
        "total_forks",
    ):
        op.drop_column("profiles", name, schema="api")
