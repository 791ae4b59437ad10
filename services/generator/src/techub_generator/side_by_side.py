"""Calls that can run side by side do."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from techub_common.errors import Away

T = TypeVar("T")
U = TypeVar("U")


async def side_by_side(*calls: Awaitable[T]) -> list[T]:
    """Return what all calls return; the first to fail ends the others and is raised.

    Something of ours that is away ends nobody: it will be tried again, and what the others have
    asked for by now, and paid for, is to be there then. It is raised once they have ended.
    """
    away: list[Away] = []

    async def patient(call: Awaitable[T]) -> T | None:
        try:
            return await call
        except Away as error:
            away.append(error)
            return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(patient(call)) for call in calls]
    except BaseExceptionGroup as failures:
        first = failures.exceptions[0]
        raise first from first.__cause__
    if away:
        raise away[0]
    found: list[Any] = [task.result() for task in tasks]
    return found


async def both(one: Awaitable[T], other: Awaitable[U]) -> tuple[T, U]:
    """Return what two calls of different kinds return, as `side_by_side` does."""
    found: list[Any] = await side_by_side(one, other)
    return found[0], found[1]
