"""Alembic runs this file; the connection comes from `techub_common.migrations.migrate`."""

from techub_common.migrations import run_env

run_env()
