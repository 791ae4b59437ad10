"""What probes found, and how each check stands as operators were told."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_2110"
down_revision = "2026_11_27_1700"
branch_labels = None
depends_on = None

KNOWN = "state IN ('ok', 'warn', 'fail')"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "probes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint(KNOWN, name=op.f("ck_probes_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probes")),
        schema="api",
    )
    op.create_index(op.f("ix_probes_at"), "probes", ["at"], schema="api")
    op.create_table(
        "probe_findings",
        sa.Column("probe_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("replica", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("todo", sa.Text(), nullable=False),
        sa.CheckConstraint(KNOWN, name=op.f("ck_probe_findings_state_known")),
        sa.ForeignKeyConstraint(
            ["probe_id"],
            ["api.probes.id"],
            name=op.f("fk_probe_findings_probe_id_probes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "probe_id", "service", "replica", "name", name=op.f("pk_probe_findings")
        ),
        schema="api",
    )
    op.create_table(
        "health",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("doubts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("doubts >= 0", name=op.f("ck_health_doubts_counted")),
        sa.CheckConstraint("state IN ('ok', 'fail')", name=op.f("ck_health_state_known")),
        sa.PrimaryKeyConstraint("service", "name", name=op.f("pk_health")),
        schema="api",
    )


def downgrade() -> None:
    """Forget all of it."""
    for table in ("health", "probe_findings", "probes"):
        op.drop_table(table, schema="api")
