"""`Idempotency-Key`: the same request sent again within a day is answered as it was the first time.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Header, Request
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.limits.tables import AnsweredRequest
from techub_common.errors import Permanent

KEPT: Final = timedelta(days=1)
LONGEST: Final = 255
DROPPED_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that may come again; without a key it is not remembered."""

    key: str | None
    request_sha256: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered before."""

    status: int
    body: str


async def repeatable(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key within 24 hours gets the same answer, and nothing twice."),
    ] = None,
) -> Repeatable:
    """Return what tells this request from others; raise Permanent `bad_idempotency_key`."""
    key = idempotency_key
    if key is not None:
        key = key[1:-1] if key.startswith('"') and key.endswith('"') else key
        if not 0 < len(key) <= LONGEST or not (key.isascii() and key.isprintable()):
            message = f"An Idempotency-Key has 1 to {LONGEST} printable characters."
            raise Permanent(message, code="bad_idempotency_key")
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return Repeatable(key, hashlib.sha256(asked).digest())


Once = Annotated[Repeatable, Depends(repeatable)]


async def answered_before(
    session: AsyncSession, user_id: UUID, once: Repeatable
) -> Answered | None:
    """Return what the person was answered; None when this is the first time: others then wait.

    Raises Permanent `idempotency_key_reused` for another request under the key, and
    `request_under_way` while the first one is being answered.
    """
    if once.key is None:
        return None
    locked = func.pg_try_advisory_xact_lock(func.hashtextextended(f"{user_id} {once.key}", 0))
    if not await session.scalar(select(locked)):
        message = "The first request with this Idempotency-Key is still being answered."
        raise Permanent(message, code="request_under_way", detail={"retry_after": 1})
    await _drop_old(session, user_id, once.key)
    known = await session.get(AnsweredRequest, (user_id, once.key))
    if known is None:
        return None
    if known.request_sha256 != once.request_sha256:
        message = "This Idempotency-Key was sent with another request before. Use a new one."
        raise Permanent(message, code="idempotency_key_reused")
    return Answered(known.status, known.body)


async def keep_answer(
    session: AsyncSession, user_id: UUID, once: Repeatable, answered: Answered
) -> None:
    """Remember the answer for a day; it commits with what the request changed."""
    if once.key is not None:
        session.add(
            AnsweredRequest(
                user_id=user_id,
                key=once.key,
                request_sha256=once.request_sha256,
                status=answered.status,
                body=answered.body,
            )
        )


async def _drop_old(session: AsyncSession, user_id: UUID, key: str) -> None:
    """Drop the answer under this key when it is a day old, and some of others'."""
    row = (AnsweredRequest.user_id, AnsweredRequest.key)
    old = select(*row).where(AnsweredRequest.answered_at < func.now() - KEPT)
    mine = old.where(AnsweredRequest.user_id == user_id, AnsweredRequest.key == key)
    others = old.limit(DROPPED_AT_ONCE).with_for_update(skip_locked=True)
    for some in (mine, others):
        await session.execute(
            delete(AnsweredRequest)
            .where(tuple_(*row).in_(some))
            .execution_options(synchronize_session=False)
        )
