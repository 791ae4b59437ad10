"""Databases made and dropped on a Postgres that runs somewhere: the way tests are kept apart."""

from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

DRIVER = "postgresql+asyncpg://"


class Databases:
    """A Postgres server seen by its administrator; `url` is the administrator's own database."""

    def __init__(self, url: str) -> None:
        self._admin_url = url

    @property
    def url(self) -> str:
        """The administrator's address, as SQLAlchemy spells it."""
        return self._admin_url

    def url_of(self, database: str) -> str:
        """Return the address of another database on this server."""
        address, _, options = self.url.partition("?")
        return f"{address.rsplit('/', 1)[0]}/{database}" + (f"?{options}" if options else "")

    async def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, a copy of `template` if given, and return its address.

        Nobody may be connected to the template meanwhile.
        """
        copied = f" TEMPLATE {_quoted(template)} STRATEGY file_copy" if template else ""
        await self.execute(f"CREATE DATABASE {_quoted(name)}{copied}")
        return self.url_of(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database if it is there, with the connections that are still open to it."""
        await self.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    async def execute(self, statement: str) -> None:
        """Run one statement as administrator, outside any transaction."""
        engine = create_async_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                await connection.exec_driver_sql(statement)
        finally:
            await engine.dispose()


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
