"""Transactions on a real Postgres: what is put off, what follows, and connections that are lost."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from techub_common.database import Sessions, Write, afterwards, open_sessions, put_off, transaction

PID = text("SELECT pg_backend_pid()")


async def test_put_off_is_written_once_before_the_commit(api_database: str) -> None:
    """Items are written together, in their order, in the transaction that put them off."""
    calls: list[list[object]] = []

    async def write(session: AsyncSession, items: list[Any]) -> None:
        calls.append([await session.scalar(text("SELECT txid_current()")), *items])

    followed: list[int] = []
    async with open_sessions(api_database) as sessions, transaction(sessions) as session:
        transaction_id = await session.scalar(text("SELECT txid_current()"))
        put_off(session, write, 1, 2)
        afterwards(session, lambda: followed.append(len(calls)))
        put_off(session, write, 3)

    assert calls == [[transaction_id, 1, 2, 3]]
    assert followed == [1]


async def test_nothing_is_written_and_nothing_follows_a_failure(api_database: str) -> None:
    """A transaction that fails writes nothing of what it put off and calls nobody."""
    calls: list[object] = []

    async def write(_: AsyncSession, items: list[Any]) -> None:
        calls.append(items)

    async with open_sessions(api_database) as sessions:
        with pytest.raises(LookupError):
            await _fails(sessions, write, lambda: calls.append("followed"))

    assert calls == []


async def test_a_connection_the_server_closed_is_replaced(api_database: str) -> None:
    """Whoever comes next after Postgres hung up is answered, not told that it is away."""
    async with open_sessions(api_database, pool=1) as sessions:
        async with transaction(sessions) as session:
            closed = await session.scalar(PID)
        async with open_sessions(api_database) as elsewhere, transaction(elsewhere) as session:
            kill = text("SELECT pg_terminate_backend(:pid, 5000)")
            ended = await session.scalar(kill, {"pid": closed})
        async with transaction(sessions) as session:
            answered = await session.scalar(PID)

    assert ended
    assert answered != closed


async def _fails(sessions: Sessions, write: Write, follow: Callable[[], None]) -> None:
    async with transaction(sessions) as session:
        put_off(session, write, 1)
        afterwards(session, follow)
        raise LookupError
