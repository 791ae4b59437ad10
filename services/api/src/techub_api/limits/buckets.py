"""Buckets that leak: each takes so many at once and empties evenly (the GCRA of ATM Forum TM 4.0).

A row says when a bucket is empty, so one statement decides and counts, whoever else asks meanwhile.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import structlog
from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.limits.tables import Bucket
from techub_common.database import Sessions, may_be_forgotten, transaction
from techub_common.errors import Permanent

log = structlog.get_logger()

DROPPED_AT_ONCE: Final = 20
NETWORK_OF_ONE: Final = 64  # bits; a household or a server gets that many IPv6 addresses


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` at once, and as many again `within`; nobody is held up when `most` is 0."""

    what: str
    most: int
    within: timedelta

    def of(self, whose: object) -> "Asked":
        """Return this limit of somebody."""
        return Asked(self, f"{self.what}:{whose}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A limit of somebody in particular."""

    limit: Limit
    key: str


async def take(sessions: Sessions, asked: Iterable[Asked]) -> None:
    """Count one for each; raise Permanent `too_many_requests` with `retry_after` in seconds.

    What was counted stays counted, also when what is asked for fails afterwards; after the first
    that is full nothing more is.
    """
    limited = [one for one in asked if one.limit.most]
    if not limited:
        return
    refusal = None
    async with transaction(sessions) as session:
        await may_be_forgotten(session)
        try:
            for one in sorted(limited, key=lambda each: each.key):  # one order: no deadlock
                await count(session, one)
        except Permanent as error:
            refusal = error
        await _drop_empty(session)
    if refusal:
        raise refusal


async def count(session: AsyncSession, asked: Asked) -> None:
    """Count one, for as long as the transaction stands; raise Permanent `too_many_requests`."""
    wait = await _take(session, asked) if asked.limit.most else 0
    if wait:
        log.warning("limit_reached", limit=asked.limit.what, retry_after=wait)
        message = f"That is more than we can take. Try again in {_in_words(wait)}."
        raise Permanent(message, code="too_many_requests", detail={"retry_after": wait})


def address_of(secret: str, host: str) -> str:
    """Return what stands for an address in a bucket's key: it cannot be read back from there."""
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if isinstance(address, IPv6Address):
        host = str(ip_network((address, NETWORK_OF_ONE), strict=False))
    return hmac.new(secret.encode(), b"address\n" + host.encode(), hashlib.sha256).hexdigest()[:32]


async def _take(session: AsyncSession, asked: Asked) -> int:
    """Count one and return 0, or return the seconds until there is room again."""
    each = literal(asked.limit.within / asked.limit.most)
    now = func.clock_timestamp()
    full = now + literal(asked.limit.within)
    after = func.greatest(Bucket.empty_at, now) + each
    made = insert(Bucket).values(key=asked.key, empty_at=now + each)
    counted = await session.execute(
        made.on_conflict_do_update(
            index_elements=["key"], set_={"empty_at": after}, where=after <= full
        ).returning(Bucket.key)
    )
    if counted.first() is not None:
        return 0
    row = (await session.execute(select(Bucket.empty_at, now).where(Bucket.key == asked.key))).one()
    empty_at: datetime = row[0]
    asked_at: datetime = row[1]
    room = empty_at - asked.limit.within + asked.limit.within / asked.limit.most - asked_at
    return max(1, math.ceil(room.total_seconds()))


async def _drop_empty(session: AsyncSession) -> None:
    empty = (
        select(Bucket.key)
        .where(Bucket.empty_at < func.now())
        .limit(DROPPED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        delete(Bucket)
        .where(Bucket.key.in_(empty.scalar_subquery()))
        .execution_options(synchronize_session=False)
    )


def _in_words(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = math.ceil(seconds / size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds > 1 else ''}"
