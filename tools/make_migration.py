"""Drafts a migration of one service from its tables: `make_migration.py api "add x"`."""

import asyncio
import importlib
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from sqlalchemy import text

from techub_common.database import open_engine
from techub_common.migrations import alembic_config, migrate
from techub_devstack.servers.postgres import postgres_server

ROOT = Path(__file__).parent.parent


async def main(service: str, message: str) -> None:
    """Bring an empty database to the newest revision and write down what is missing."""
    package = f"techub_{service}"
    importlib.import_module(f"{package}.models")
    metadata = importlib.import_module(f"{package}.schema").METADATA
    folder = ROOT / "services" / service / "src" / package / "migrations"
    (folder / "versions").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        async with postgres_server(Path(data), fsync=False) as server:
            if any((folder / "versions").glob("*.py")):
                await migrate(package, metadata, server.url, server.url)
            engine = open_engine(server.url, pool=1)
            async with engine.begin() as connection:
                await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {metadata.schema}"))
                await connection.run_sync(
                    lambda sync: command.revision(
                        alembic_config(folder, sync, metadata),
                        message,
                        autogenerate=True,
                        rev_id=datetime.now(UTC).strftime("%Y_%m_%d_%H%M"),
                    )
                )
            await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
