"""Sessions live on the server; people sign in with GitHub; access may be by list or invite."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_1200"
down_revision = "2026_11_24_0100"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    """Add the tables; who was signed in by a signed cookie signs in once more."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("seen_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["api.users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_sessions_token_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        schema="api",
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], schema="api")
    op.create_table(
        "sign_ins",
        sa.Column("state_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("browser_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("onward", sa.Text(), nullable=False),
        sa.Column("invite", sa.Text()),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_sign_ins")),
        schema="api",
    )
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"], schema="api")
    op.create_table(
        "invites",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.CheckConstraint("code = lower(code)", name=op.f("ck_invites_code_lower")),
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name=op.f("ck_invites_seats_enough")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_invites")),
        schema="api",
    )
    op.create_table(
        "allowed_logins",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("invite", sa.Text()),
        sa.Column("since", MOMENT, nullable=False, server_default=NOW),
        sa.ForeignKeyConstraint(["invite"], ["api.invites.code"], name=op.f("fk_allowed_logins_invite")),
        sa.CheckConstraint("login = lower(login)", name=op.f("ck_allowed_logins_login_lower")),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_allowed_logins")),
        schema="api",
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("allowed_logins", "invites", "sign_ins", "sessions"):
        op.drop_table(table, schema="api")
