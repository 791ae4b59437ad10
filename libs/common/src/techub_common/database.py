"""Sessions that commit in one place; an unreachable database is Away, never a failed step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from techub_common.errors import Away

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Class 40: the transaction lost a race; 55P03: somebody holds a lock for long; 53, 57, 58: the
# server lacks resources or is going down.
_PASSING_CLASSES: Final = ("08", "40", "53", "55P03", "57", "58")

Sessions = async_sessionmaker[AsyncSession]


def schema(name: str) -> MetaData:
    """Return the metadata of one service's schema, with named constraints."""
    return MetaData(schema=name, naming_convention=NAMING)


@asynccontextmanager
async def open_sessions(url: str, *, pool: int = 10) -> AsyncIterator[Sessions]:
    """Yield a session factory over one pool of connections."""
    engine = open_engine(url, pool=pool)
    try:
        yield async_sessionmaker(engine, expire_on_commit=False)
    finally:
        await engine.dispose()


def open_engine(url: str, *, pool: int = 10, command_seconds: float | None = 20) -> AsyncEngine:
    """Return an engine whose statements end after 15 s and whose lock waits end after 10 s."""
    return create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged and buried; rows hold addresses
        connect_args={
            "timeout": 5,
            "command_timeout": command_seconds,
            "server_settings": {"statement_timeout": "15000", "lock_timeout": "10000"},
        },
    )


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Yield a session and commit at the end: the only commit there is. Raises Away."""
    try:
        async with sessions() as session, session.begin():
            yield session
    except (OperationalError, InterfaceError, PoolTimeoutError, OSError, TimeoutError) as error:
        message = f"the database does not answer: {type(error).__name__}"
        raise Away(message) from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(_PASSING_CLASSES):
            message = f"the database could not finish: {state or 'connection lost'}"
            raise Away(message) from error
        raise


async def ping(sessions: Sessions) -> None:
    """Return when the database answers; raise Away."""
    async with transaction(sessions) as session:
        await session.execute(text("select 1"))
