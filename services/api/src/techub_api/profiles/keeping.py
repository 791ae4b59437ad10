"""Who looks after a profile: claimed by its owner, kept by a steward until then, listed or not."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.profiles.tables import Card, Ownership, Profile
from techub_common.errors import Permanent

OWNER: Final = "owner"


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile somebody looks after."""

    profile: Profile
    card: Card | None
    role: str

    @property
    def is_owned(self) -> bool:
        """Return whether it is of their own account, so that nobody else has a say."""
        return self.role == OWNER


async def kept_by(session: AsyncSession, user_id: UUID) -> list[Kept]:
    """Return the profiles the user looks after that still have a login, by login."""
    rows = await session.execute(
        select(Profile, Card, Ownership.role)
        .join(Ownership, Ownership.profile_id == Profile.id)
        .outerjoin(Card, Card.profile_id == Profile.id)
        .where(Ownership.user_id == user_id, Profile.login.is_not(None))
        .order_by(Profile.login)
    )
    return [Kept(row[0], row[1], row[2]) for row in rows]


async def own_account(session: AsyncSession, user: User) -> Profile | None:
    """Return the profile of the user's own GitHub account, whoever looks after it."""
    if user.github_id is None:
        return None
    return await session.scalar(
        select(Profile).where(Profile.github_id == user.github_id, Profile.login.is_not(None))
    )


async def claim(session: AsyncSession, user: User) -> Profile:
    """Make the user the owner of their own account's profile; stewards let go of it.

    Raises Permanent `profile_missing` when there is none yet.
    """
    profile = await own_account(session, user)
    if profile is None:
        message = "There is no card of your own account yet. Deal it first."
        raise Permanent(message, code="profile_missing")
    await session.execute(select(Profile.id).where(Profile.id == profile.id).with_for_update())
    await session.execute(
        delete(Ownership).where(Ownership.profile_id == profile.id, Ownership.role != OWNER)
    )
    await session.execute(
        insert(Ownership)
        .values(profile_id=profile.id, user_id=user.id, role=OWNER)
        .on_conflict_do_nothing()
    )
    return profile


async def list_or_hide(session: AsyncSession, user: User, login: str, *, listed: bool) -> None:
    """Show a profile to everybody, or to nobody but its owner; raise Permanent `not_the_owner`."""
    profile = await owned(session, user, login)
    profile.listed = listed


async def owned(session: AsyncSession, user: User, login: str) -> Profile:
    """Return the user's own profile, locked; raise Permanent `not_the_owner`."""
    profile = await session.scalar(
        select(Profile)
        .join(Ownership, Ownership.profile_id == Profile.id)
        .where(
            Profile.login == login.lower(),
            Ownership.user_id == user.id,
            Ownership.role == OWNER,
        )
        .with_for_update(of=Profile)
    )
    if profile is None:
        message = f"Only the owner of @{login} may do that. Sign in as them and claim it first."
        raise Permanent(message, code="not_the_owner")
    return profile


async def let_go(session: AsyncSession, user: User, login: str) -> None:
    """Look after the profile no longer; an owner stays one."""
    profile_id = select(Profile.id).where(Profile.login == login.lower()).scalar_subquery()
    await session.execute(
        delete(Ownership).where(
            Ownership.profile_id == profile_id,
            Ownership.user_id == user.id,
            Ownership.role != OWNER,
        )
    )


async def may_see(session: AsyncSession, user: User | None, login: str) -> bool:
    """Return whether the profile is listed, or this user's own."""
    profile = await session.scalar(select(Profile).where(Profile.login == login.lower()))
    if profile is None or profile.listed:
        return True
    return user is not None and (await session.get(Ownership, (profile.id, user.id))) is not None
