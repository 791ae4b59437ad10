"""Who is signed in in a browser: a row here, found by a secret only that browser has."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.secrets import digest, new_secret
from techub_api.accounts.tables import Session, User

COOKIE: Final = "techub_session"
LASTS: Final = timedelta(days=30)
IDLE: Final = timedelta(days=14)
SEEN_EVERY: Final = timedelta(minutes=5)
LONGEST_DEVICE: Final = 200


async def open_session(session: AsyncSession, user_id: UUID, device: str) -> str:
    """Add a session of 30 days for this browser and return its secret; old ones of the user go."""
    await session.execute(
        delete(Session).where(Session.user_id == user_id, Session.expires_at <= func.now())
    )
    secret = new_secret()
    session.add(
        Session(
            user_id=user_id,
            token_sha256=digest(secret),
            device=device[:LONGEST_DEVICE],
            expires_at=func.now() + LASTS,
        )
    )
    await session.flush()
    return secret


async def close_session(session: AsyncSession, secret: str) -> None:
    """End the session with this secret; whoever copied the cookie is nobody from now on."""
    await session.execute(delete(Session).where(Session.token_sha256 == digest(secret)))


async def session_of(session: AsyncSession, secret: str) -> tuple[Session, User] | None:
    """Return the session and its user; None for one that is unknown, ended, expired or was idle.

    That it was seen is noted every five minutes at most.
    """
    found = (
        await session.execute(
            select(Session, User)
            .join(User, User.id == Session.user_id)
            .where(Session.token_sha256 == digest(secret), *_good())
        )
    ).one_or_none()
    if found is None:
        return None
    await session.execute(
        update(Session)
        .where(Session.id == found[0].id, Session.seen_at < func.now() - SEEN_EVERY)
        .values(seen_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return found[0], found[1]


async def sessions_of(session: AsyncSession, user_id: UUID) -> list[Session]:
    """Return the user's sessions that are good, the last seen first."""
    rows = await session.scalars(
        select(Session).where(Session.user_id == user_id, *_good()).order_by(Session.seen_at.desc())
    )
    return list(rows)


def _good() -> tuple[ColumnElement[bool], ...]:
    return Session.expires_at > func.now(), Session.seen_at > func.now() - IDLE


async def end_sessions_of(session: AsyncSession, github_ids: Collection[int]) -> int:
    """End every session of these accounts and return how many there were."""
    return await _end(session, User.github_id.in_(github_ids))


async def end_sessions_named(session: AsyncSession, login: str) -> int:
    """End every session of this person and return how many there were."""
    return await _end(session, func.lower(User.login) == login.lower())


async def _end(session: AsyncSession, who: ColumnElement[bool]) -> int:
    theirs = select(User.id).where(who)
    ended = await session.execute(
        delete(Session).where(Session.user_id.in_(theirs)).returning(Session.id)
    )
    return len(ended.all())


async def end_other_sessions(session: AsyncSession, user_id: UUID, kept: UUID) -> None:
    """End every session of the user but one."""
    await session.execute(delete(Session).where(Session.user_id == user_id, Session.id != kept))
