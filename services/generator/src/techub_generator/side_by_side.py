"""Calls that can run side by side do."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def side_by_side(*calls: Awaitable[T]) -> list[T]:
    """Return what all calls return; the first to fail ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_awaited(call)) for call in calls]
    except BaseExceptionGroup as failures:
        first = failures.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]


async def both(one: Awaitable[T], other: Awaitable[U]) -> tuple[T, U]:
    """Return what two calls of different kinds return, as `side_by_side` does."""
    found: list[Any] = await side_by_side(one, other)
    return found[0], found[1]


async def _awaited(call: Awaitable[T]) -> T:
    return await call
