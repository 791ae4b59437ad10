"""What is shown of a profile."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Card, Profile
from techub_api.runs.queries import PictureShown, pictures_of_profile
from techub_api.runs.tables import Run
from techub_api.settings import Settings


class ProfileShown(BaseModel):
    """A profile as anyone may see it."""

    login: str
    name: str | None
    bio: str | None
    location: str | None
    followers: int
    stars: int
    repositories: int
    languages: list[str]
    summary: str | None
    number: int
    status: str | None
    avatar_key: str | None
    synced_at: datetime | None
    card: dict[str, Any] | None
    provenance: dict[str, Any] | None
    reasons: dict[str, str] = {}
    pictures: list[PictureShown]
    newest_run_id: UUID | None
    newest_run_status: str | None


async def show_profile(
    session: AsyncSession, login: str, settings: Settings
) -> ProfileShown | None:
    """Return the profile of a login with its card and pictures, in four reads; None if unknown."""
    profile = await session.scalar(select(Profile).where(Profile.login == login.lower()))
    if profile is None:
        return None
    card = await session.get(Card, profile.id)
    run = await session.scalar(
        select(Run).where(Run.profile_id == profile.id).order_by(Run.number.desc()).limit(1)
    )
    return ProfileShown(
        login=profile.display_login,
        name=profile.name,
        bio=profile.bio,
        location=profile.location,
        followers=profile.followers,
        stars=profile.total_stars,
        repositories=profile.public_repos,
        languages=profile.languages,
        summary=profile.summary,
        number=profile.number,
        status=profile.status,
        avatar_key=profile.avatar_key,
        synced_at=profile.synced_at,
        card=card.traits if card else None,
        provenance=card.provenance if card else None,
        reasons=card.reasons if card else {},
        pictures=await pictures_of_profile(session, profile.id, settings),
        newest_run_id=run.id if run else None,
        newest_run_status=run.status if run else None,
    )
