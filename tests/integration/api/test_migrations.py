"""The api's migrations and its tables say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from techub_api import models
from techub_api.schema import METADATA
from techub_common.database import open_engine
from techub_common.migrations import migrate


def differences(connection: Connection) -> list[object]:
    """Return what a further migration would have to do."""
    assert models.Run.metadata is METADATA
    options = {
        "include_schemas": True,
        "version_table_schema": METADATA.schema,
        "include_name": lambda name, kind, _: kind != "schema" or name == METADATA.schema,
    }
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, METADATA))


async def test_migrations_are_complete(api_database: str) -> None:
    """After all migrations the database is what the models say."""
    engine = open_engine(api_database, pool=1)
    async with engine.connect() as connection:
        missing = await connection.run_sync(differences)
    await engine.dispose()

    assert missing == []


async def test_again_changes_nothing(api_database: str) -> None:
    """A second migration of a migrated database is harmless."""
    await migrate("techub_api", METADATA, api_database, api_database, readers=["notifier"])
