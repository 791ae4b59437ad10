"""Sessions that commit in one place; an unreachable database is Away, never a failed step."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from sqlalchemy import MetaData, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from techub_common import tracing
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

_PUT_OFF: Final = "put_off"
_AFTERWARDS: Final = "afterwards"

CLOSE_SECONDS: Final = 5.0
LONGEST_STATEMENT: Final = 2000

Sessions = async_sessionmaker[AsyncSession]
Write = Callable[[AsyncSession, list[Any]], Awaitable[None]]


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
        with suppress(TimeoutError):  # a server that stands still is not waited for
            async with asyncio.timeout(CLOSE_SECONDS):
                await engine.dispose()


def open_engine(url: str, *, pool: int = 10, command_seconds: float | None = 20) -> AsyncEngine:
    """Return an engine whose statements end after 15 s and whose lock waits end after 10 s.

    A connection the server has hung up on is replaced when it is next needed.
    """
    engine = create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,  # errors are logged and buried; rows hold addresses
        connect_args={
            "timeout": 5,
            "command_timeout": command_seconds,
            "server_settings": {"statement_timeout": "15000", "lock_timeout": "10000"},
        },
    )
    event.listen(engine.sync_engine, "checkout", _still_connected)
    if tracing.is_noted():
        _trace(engine)
    return engine


@asynccontextmanager
async def transaction(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Yield a session and commit at the end: the only commit there is. Raises Away."""
    try:
        async with sessions() as session:
            async with session.begin():
                yield session
                await _write_what_was_put_off(session)
            for follow in session.info.pop(_AFTERWARDS, ()):
                follow()
    except (OperationalError, InterfaceError, PoolTimeoutError, OSError, TimeoutError) as error:
        message = f"the database does not answer: {type(error).__name__}"
        raise Away(message) from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(_PASSING_CLASSES):
            message = f"the database could not finish: {state or 'connection lost'}"
            raise Away(message) from error
        raise


async def may_be_forgotten(session: AsyncSession) -> None:
    """Have the transaction commit without waiting for the disk: all of it, whoever writes in it.

    When Postgres itself is killed right then, the write may be undone. For what nobody would miss.
    """
    await session.execute(text("SET LOCAL synchronous_commit TO off"))


def put_off(session: AsyncSession, write: Write, *items: object) -> None:
    """Give the items to `write` just before the commit, all of the transaction's in one call.

    What many small changes add to one table becomes one statement. They are in the order in which
    they were put off; nothing is written when the transaction fails.
    """
    session.info.setdefault(_PUT_OFF, {}).setdefault(write, []).extend(items)


def afterwards(session: AsyncSession, follow: Callable[[], None]) -> None:
    """Call `follow` once the transaction has committed; never when it has not."""
    session.info.setdefault(_AFTERWARDS, []).append(follow)


async def _write_what_was_put_off(session: AsyncSession) -> None:
    waiting: dict[Write, list[Any]] = session.info.get(_PUT_OFF, {})
    if waiting:
        await session.flush()
    while waiting:
        write = next(iter(waiting))
        await write(session, waiting.pop(write))


def _trace(engine: AsyncEngine) -> None:
    """Note each statement as a part of what is under way, never with its values."""

    def began(*given: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        _, _, statement, _, context, _ = given
        context.span = tracing.started(
            statement.split(None, 1)[0].upper(),
            tracing.SpanKind.CLIENT,
            **{"db.system.name": "postgresql", "db.query.text": statement[:LONGEST_STATEMENT]},
        )

    def done(*given: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        given[4].span.end()

    def failed(trouble: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        if span := getattr(trouble.execution_context, "span", None):
            state = getattr(trouble.original_exception, "sqlstate", None)
            tracing.failed(span, state or type(trouble.original_exception).__name__)
            span.end()

    event.listen(engine.sync_engine, "before_cursor_execute", began)
    event.listen(engine.sync_engine, "after_cursor_execute", done)
    event.listen(engine.sync_engine, "handle_error", failed)


def _still_connected(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401  # SQLAlchemy's adapter
    """Refuse a pooled connection that was closed: asyncpg knows it without asking the server."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def ping(sessions: Sessions) -> None:
    """Return when the database answers; raise Away."""
    async with transaction(sessions) as session:
        await session.execute(text("select 1"))
