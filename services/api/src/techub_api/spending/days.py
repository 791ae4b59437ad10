"""Which day it is: budgets and sums begin anew at midnight, UTC."""

from datetime import UTC, date

from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.runs.story import clock


async def today(session: AsyncSession) -> date:
    """Return the day of the database's clock."""
    return (await clock(session)).astimezone(UTC).date()
