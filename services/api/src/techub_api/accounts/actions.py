"""What changes users and tokens."""

from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.secrets import digest, new_secret
from techub_api.accounts.tables import ApiToken, User
from techub_common.events import AddressChanged
from techub_common.links import Confirmation, address_hash
from techub_common.logins import valid_login
from techub_common.outbox import Outbox

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


async def change_address(session: AsyncSession, outbox: Outbox, user: User, address: str) -> bool:
    """Set an address that has to be confirmed and tell it; False when it is confirmed already.

    Until then no mail goes there, except the one that asks.
    """
    wanted = address.strip().lower()
    if wanted == user.email and user.email_verified_at is not None:
        return False
    user.email = wanted
    user.email_verified_at = None
    await session.flush()
    outbox.tell(session, AddressChanged(run_id=uuid4(), login=user.login, user_id=user.id))
    return True


async def forget_address(session: AsyncSession, user_id: UUID) -> None:
    """Keep no address of this person any more; a link that was mailed confirms nothing."""
    user = await session.get_one(User, user_id, with_for_update=True)
    user.email = user.email_verified_at = None


async def confirm_address(session: AsyncSession, confirmation: Confirmation) -> bool:
    """Make the address the person's own; False when it is not the one they have now."""
    user = await session.get(User, confirmation.user_id, with_for_update=True)
    if user is None or user.email is None or address_hash(user.email) != confirmation.address_hash:
        return False
    if user.email_verified_at is None:
        user.email_verified_at = (await session.execute(select(func.now()))).scalar_one()
    return True


async def want_mail(session: AsyncSession, user_id: UUID, *, wanted: bool) -> User | None:
    """Keep whether the person wants mails; None when there is no such person any more."""
    user = await session.get(User, user_id, with_for_update=True)
    if user is not None:
        user.wants_mail = wanted
    return user


async def create_token(session: AsyncSession, user: User, name: str) -> str:
    """Add a personal token and return it: the only time it is readable."""
    token = TOKEN_PREFIX + new_secret()
    session.add(ApiToken(user_id=user.id, name=name, token_sha256=digest(token)))
    await session.flush()
    return token


async def user_of_token(session: AsyncSession, token: str) -> User | None:
    """Return whose token this is and note its use; None for an unknown or revoked one."""
    used = (
        update(ApiToken)
        .where(ApiToken.token_sha256 == digest(token), ApiToken.revoked_at.is_(None))
        .values(last_used_at=func.now())
        .returning(ApiToken.user_id)
        .cte("used")
    )
    user: User | None = await session.scalar(select(User).join(used, used.c.user_id == User.id))
    return user


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
