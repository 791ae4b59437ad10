"""The embedded Postgres: as root or not, over restarts, with databases to copy."""

from pathlib import Path

import psutil
import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from techub_devstack.servers.databases import Databases
from techub_devstack.servers.postgres import postgres_server


async def answer(url: str, statement: str) -> object:
    """Run one statement, committed, and return the first value of its result."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


@pytest.mark.parametrize("mode", [0o755, 0o700], ids=["open", "hidden"])
async def test_it_keeps_what_was_committed(tmp_path: Path, mode: int) -> None:
    """Over a kill, a restart and another start, also below a directory only its owner may enter."""
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(mode)
    async with postgres_server(home / "postgres", fsync=False) as server:
        url = await server.create_database("kept")
        await answer(url, "CREATE TABLE rows AS SELECT 7 AS value")
        address = server.url

        await server.kill()
        await server.start()
        assert (server.url, await answer(url, "SELECT value FROM rows")) == (address, 7)
        await server.restart()
        assert (server.url, await answer(url, "SELECT value FROM rows")) == (address, 7)
        backend = psutil.Process(server.pid)

    assert not backend.is_running()
    async with postgres_server(home / "postgres", fsync=True) as server:
        assert await answer(server.url_of("kept"), "SELECT value FROM rows") == 7
        assert await answer(server.url, "SHOW fsync") == "on"


async def test_a_copy_has_what_its_template_had(postgres: Databases) -> None:
    """Tests start from a copy of a migrated database and drop it."""
    template = await postgres.create_database("devstack template")
    await answer(template, "CREATE TABLE rows AS SELECT 7 AS value")

    copy = await postgres.create_database("devstack_copy", template="devstack template")

    assert await answer(copy, "SELECT value FROM rows") == 7
    await postgres.drop_database("devstack_copy")
    await postgres.drop_database("devstack template")
    await postgres.drop_database("never_there")


async def test_letters_of_every_script_have_cases(postgres: Databases) -> None:
    """Names are searched without case; the C locale alone would know ASCII only."""
    assert await answer(postgres.url, "SELECT lower('ÉŁΣ')") == "éłσ"
