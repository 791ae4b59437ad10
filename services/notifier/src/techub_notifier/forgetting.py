"""Mails are forgotten a month after they were settled; that they were sent is not."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import func, or_, update

from techub_common.database import Sessions, transaction
from techub_common.delivery import Road
from techub_notifier.tables import DELIVERIES

log = structlog.get_logger()

KEEP_MAILS: Final = timedelta(days=30)
EVERY_SECONDS: Final = 3600.0


async def forget_forever(sessions: Sessions, road: Road) -> None:
    """Forget at the start and every hour."""
    while True:
        await road.until_back(lambda: forget(sessions))
        await asyncio.sleep(EVERY_SECONDS)


async def forget(sessions: Sessions) -> None:
    """Blank payload and address of what was settled a month ago.

    Recipient and hash stay, so a mail of long ago is still known to have been sent.
    """
    old = DELIVERIES.c.settled_at < func.now() - KEEP_MAILS
    told = or_(DELIVERIES.c.payload.is_not(None), DELIVERIES.c.address.is_not(None))
    async with transaction(sessions) as session:
        blanked = await session.execute(
            update(DELIVERIES)
            .where(old, told)
            .values(payload=None, address=None)
            .returning(DELIVERIES.c.id)
        )
    if count := len(blanked.all()):
        log.info("notifications_blanked", count=count)
