"""The directory is searched by name, language and trait without reading every profile."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1300"
down_revision = "2026_11_27_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    op.drop_index("ix_cards_written_at", table_name="cards", schema="api")
    op.create_index("ix_cards_newest", "cards", ["written_at", "profile_id"], schema="api")
    op.create_index(
        "ix_cards_traits",
        "cards",
        ["traits"],
        schema="api",
        postgresql_using="gin",
        postgresql_ops={"traits": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_profiles_languages", "profiles", ["languages"], schema="api", postgresql_using="gin"
    )
    op.create_index(
        "ix_profiles_login_begins",
        "profiles",
        ["login"],
        schema="api",
        postgresql_ops={"login": "text_pattern_ops"},
    )
    op.create_index(
        "ix_profiles_name_begins",
        "profiles",
        [sa.text("lower(name) text_pattern_ops")],
        schema="api",
    )


def downgrade() -> None:
    """Drop the indexes."""
    for name in ("ix_profiles_name_begins", "ix_profiles_login_begins", "ix_profiles_languages"):
        op.drop_index(name, table_name="profiles", schema="api")
    for name in ("ix_cards_traits", "ix_cards_newest"):
        op.drop_index(name, table_name="cards", schema="api")
    op.create_index("ix_cards_written_at", "cards", ["written_at"], schema="api")
