"""Which file is a profile's current picture, and where the view lies that it is drawn from."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.embeds.standing_in import Missing
from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.runs.rules import NOT_ELIGIBLE
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run


@dataclass(frozen=True, slots=True)
class Current:
    """A profile's current file of a variant in one format."""

    object_key: str
    mime: str
    sha256: str


async def current_files(session: AsyncSession, login: str, variant: str) -> dict[str, Current]:
    """Return format → current file of a listed profile's variant."""
    rows = await session.execute(
        select(Picture.format, Picture.object_key, Picture.mime, Picture.sha256)
        .join(Profile, Profile.id == Picture.profile_id)
        .where(Profile.login == login.lower(), Profile.listed, Picture.variant == variant)
    )
    return {form: Current(key, mime, sha256) for form, key, mime, sha256 in rows}


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
