"""Which file is a profile's current picture, and where the view lies that it is drawn from."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Card, Picture, Profile


async def current_pictures(
    session: AsyncSession, login: str, variant: str, formats: Sequence[str]
) -> list[Picture]:
    """Return the current files of a variant in these formats, in this order."""
    rows = await session.scalars(
        select(Picture)
        .join(Profile, Profile.id == Picture.profile_id)
        .where(Profile.login == login.lower(), Profile.listed, Picture.variant == variant)
    )
    found = {row.format: row for row in rows}
    return [found[name] for name in formats if name in found]


async def drawn_from(session: AsyncSession, login: str) -> tuple[str, str | None] | None:
    """Return the keys of a login's card view and avatar; None while there is no card."""
    found = await session.execute(
        select(Card.view_key, Profile.avatar_key)
        .join(Profile, Profile.id == Card.profile_id)
        .where(Profile.login == login.lower(), Profile.listed, Card.view_key.is_not(None))
    )
    row = found.first()
    return (str(row[0]), row[1]) if row else None
