"""Which file is a profile's current picture, and where the view lies that it is drawn from."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.embeds.standing_in import Missing
from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.runs.rules import NOT_ELIGIBLE
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run


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


async def why_missing(session: AsyncSession, login: str) -> Missing:
    """Return why a login has no picture, as far as it is anybody's business."""
    newest = await session.execute(
        select(Run.status, Run.error)
        .join(Profile, Profile.id == Run.profile_id)
        .where(Profile.login == login.strip().removeprefix("@").lower(), Profile.listed)
        .order_by(Run.number.desc())
        .limit(1)
    )
    run = newest.first()
    if run is None:
        return Missing.nobody
    if run.status in OPEN:
        return Missing.dealing
    refused = (run.error or {}).get("code") == NOT_ELIGIBLE
    return Missing.refused if refused else Missing.nobody
