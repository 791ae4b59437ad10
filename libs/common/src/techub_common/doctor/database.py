"""The checks of a service with a schema: does Postgres answer, is the schema ours, is it time."""

import asyncio
import time
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file, files
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Text, column, select, table, text

from techub_common.database import Sessions, transaction
from techub_common.doctor.checking import Check, Seen, ill, poor, well

CLOCKS_APART: Final = 5.0

POSTGRES_MEND: Final = (
    "Bring Postgres back, and see that DATABASE_URL names it; work is kept meanwhile."
)
CLOCK_MEND: Final = "Set this machine's clock by NTP: signatures and tokens depend on it."


def postgres(sessions: Sessions, package: str, metadata: MetaData) -> Check:
    """Return the check that the database answers, with the schema this version was written for."""
    schema = str(metadata.schema)
    applied = select(column("version_num", Text)).select_from(
        table("alembic_version", schema=schema)
    )
    mend = f"Run `python -m {package} migrate`."

    async def look() -> Seen:
        started = time.monotonic()
        async with transaction(sessions) as session:
            server = await session.scalar(text("SHOW server_version"))
            found = await session.scalar(applied)
        took = round((time.monotonic() - started) * 1000)
        revisions = await asyncio.to_thread(_revisions, package)
        head = revisions[0]
        if found == head:
            return well(f"Postgres {server} answers within {took} ms; schema {schema} is at {head}")
        said = f"the schema {schema} is at {found}, this version was written for {head}"
        if found in revisions:
            return ill(said, mend)
        return poor(said, "A newer version has migrated already: let its rollout finish.")

    return Check("postgres", look, POSTGRES_MEND)


def clock(sessions: Sessions) -> Check:
    """Return the check that this machine and the database agree on the time."""

    async def look() -> Seen:
        before = datetime.now(UTC)
        async with transaction(sessions) as session:
            theirs: datetime = await session.scalar(text("SELECT clock_timestamp()"))
        after = datetime.now(UTC)
        apart = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
        said = f"{apart:.1f} s from the database's clock"
        return poor(said, CLOCK_MEND) if apart > CLOCKS_APART else well(said)

    return Check("clock", look, POSTGRES_MEND)


@cache
def _revisions(package: str) -> tuple[str, ...]:
    """Return the migrations that came with this version, the newest first."""
    config = Config()
    with as_file(files(package) / "migrations") as folder:
        config.set_main_option("script_location", str(folder))
        scripts = ScriptDirectory.from_config(config)
        return tuple(script.revision for script in scripts.walk_revisions())
