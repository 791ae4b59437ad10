"""Brings one service's schema up to date: role and schema made when missing, then Alembic."""

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import structlog
from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, make_url, text
from sqlalchemy.exc import DBAPIError

from techub_common.database import open_engine
from techub_common.errors import Permanent

log = structlog.get_logger()

ADVISORY_LOCK: Final = 7_236_001
"""One migration at a time, whichever service it belongs to."""


def group_role(schema: str) -> str:
    """Return the role that owns a service's schema; login roles are members of it."""
    return f"techub_{schema}"


async def migrate(
    package: str,
    metadata: MetaData,
    admin_url: str,
    service_url: str,
    readers: Sequence[str] = (),
) -> None:
    """Create role, schema and tables, or bring them up to date; doing it again changes nothing.

    `package` holds `migrations/`; the user in `service_url` becomes a member of the schema's role.
    `readers` names the services whose roles the migrations grant something to.
    All in one transaction under an advisory lock. Raises Permanent `migration_failed`.
    """
    engine = open_engine(admin_url, pool=1, command_seconds=None)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 0"))
            await connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK}
            )
            # A migration that waits for a table makes everybody wait behind it: give up soon.
            await connection.execute(text("SET LOCAL lock_timeout = '4s'"))
            for reader in readers:
                await connection.run_sync(make_role, group_role(reader))
            await connection.run_sync(_prepare, str(metadata.schema), service_url)
            with as_file(files(package) / "migrations") as folder:
                await connection.run_sync(_upgrade, folder, metadata)
    except (DBAPIError, OSError) as error:
        reason = (
            getattr(error, "orig", None) or error
        )  # without the statement: it may hold a password
        message = f"the schema {metadata.schema} could not be migrated: {reason}"
        raise Permanent(message, code="migration_failed") from error
    finally:
        await engine.dispose()
    log.info("schema_migrated", schema=metadata.schema)


def run_env() -> None:
    """Be the `env.py` of a service's migrations: run them on the connection `migrate` holds."""
    connection = context.config.attributes["connection"]
    metadata = context.config.attributes["metadata"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=metadata.schema,
        include_schemas=True,
        include_name=lambda name, kind, _: kind != "schema" or name == metadata.schema,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def alembic_config(folder: Path, connection: Connection, metadata: MetaData) -> Config:
    """Return what Alembic's commands need to work on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def make_role(connection: Connection, name: str) -> None:
    """Create a group role that cannot log in, unless it exists."""
    if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}):
        connection.execute(text(f'CREATE ROLE "{name}" NOLOGIN'))


def _prepare(connection: Connection, schema: str, service_url: str) -> None:
    role = group_role(schema)
    make_role(connection, role)
    _make_login(connection, service_url, role)
    connection.execute(text(f'GRANT "{role}" TO CURRENT_USER'))
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}" AUTHORIZATION "{role}"'))


def _make_login(connection: Connection, service_url: str, role: str) -> None:
    url = make_url(service_url)
    user = (url.username or "").replace('"', "")
    known = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": user})
    if not known:
        secret = str(url.password or "").replace("'", "''")
        password = f"PASSWORD '{secret}'" if secret else ""
        connection.execute(text(f'CREATE ROLE "{user}" LOGIN {password}'))
    connection.execute(text(f'GRANT "{role}" TO "{user}"'))


def _upgrade(connection: Connection, folder: Path, metadata: MetaData) -> None:
    connection.execute(text(f'SET LOCAL ROLE "{group_role(str(metadata.schema))}"'))
    command.upgrade(alembic_config(folder, connection, metadata), "head")
    connection.execute(text("RESET ROLE"))
