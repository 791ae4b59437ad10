"""What changes users and tokens."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.secrets import digest, new_secret
from techub_api.accounts.tables import ApiToken, User
from techub_common.logins import valid_login

TOKEN_PREFIX: Final = "techub_"  # noqa: S105  # not a secret: it marks one


async def user_with_login(session: AsyncSession, login: str) -> User:
    """Return the user of that login, made when missing; raise Permanent `invalid_login`."""
    login = valid_login(login)
    known = await session.scalar(
        select(User).where(func.lower(User.login) == login.lower()).with_for_update()
    )
    if known:
        return known
    user = User(login=login)
    session.add(user)
    await session.flush()
    return user


async def vouch_for_address(session: AsyncSession, user: User, address: str) -> None:
    """Set the user's address as verified, on an operator's word."""
    user.email = address.strip().lower()
    user.email_verified_at = (await session.execute(select(func.now()))).scalar_one()


async def create_token(session: AsyncSession, user: User, name: str) -> str:
    """Add a personal token and return it: the only time it is readable."""
    token = TOKEN_PREFIX + new_secret()
    session.add(ApiToken(user_id=user.id, name=name, token_sha256=digest(token)))
    await session.flush()
    return token


async def user_of_token(session: AsyncSession, token: str) -> User | None:
    """Return whose token this is and note its use; None for an unknown or revoked one."""
    found = await session.execute(
        update(ApiToken)
        .where(ApiToken.token_sha256 == digest(token), ApiToken.revoked_at.is_(None))
        .values(last_used_at=func.now())
        .returning(ApiToken.user_id)
    )
    user_id = found.scalar_one_or_none()
    return await session.get(User, user_id) if user_id else None


async def tokens_of(session: AsyncSession, user_id: UUID) -> list[ApiToken]:
    """Return the user's tokens that are good, the newest first."""
    rows = await session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    return list(rows)


async def revoke_token(session: AsyncSession, user_id: UUID, token_id: UUID) -> None:
    """Make a token of this user worthless at once; another user's is left alone."""
    await session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
