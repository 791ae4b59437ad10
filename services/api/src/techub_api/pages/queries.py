"""What pages show beside what the API answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.pictures.addresses import public_url
from techub_api.profiles.actions import view_of
from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.runs.queries import PictureShown
from techub_api.runs.tables import Entry
from techub_api.settings import Settings
from techub_cards.card import Card as CardView


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A card with its pictures, as it hangs on the wall."""

    login: str
    name: str
    title: str
    archetype: str
    pictures: Sequence[PictureShown]


async def exhibits_of(
    session: AsyncSession, profile_ids: Sequence[UUID], settings: Settings
) -> list[Exhibit]:
    """Return the cards of these profiles that have a picture, in their order, in two reads."""
    rows = await session.execute(
        select(Profile, Card).join(Card).where(Profile.id.in_(profile_ids))
    )
    found = {profile.id: (profile, card) for profile, card in rows}
    pictures = await _pictures(session, profile_ids, settings)
    return [
        Exhibit(
            login=profile.display_login,
            name=profile.name or profile.display_login,
            title=str(card.traits["title"]),
            archetype=str(card.traits["archetype"]),
            pictures=pictures[profile.id],
        )
        for profile, card in (found[each] for each in profile_ids if each in found)
        if profile.id in pictures
    ]


async def card_shown(session: AsyncSession, login: str, app_host: str) -> CardView | None:
    """Return the login's card as it is drawn, without the avatar; None while there is none."""
    profile = await session.scalar(select(Profile).where(Profile.login == login.lower()))
    return await view_of(session, profile, app_host) if profile else None


async def has_card(session: AsyncSession, login: str) -> bool:
    """Return whether the login has a card."""
    found = await session.scalar(
        select(Card.profile_id).join(Profile).where(Profile.login == login.lower())
    )
    return found is not None


async def last_line(session: AsyncSession, run_id: UUID) -> int:
    """Return the id of the last line of the run's story, 0 before the first."""
    return (await session.scalar(select(func.max(Entry.id)).where(Entry.run_id == run_id))) or 0


async def _pictures(
    session: AsyncSession, profile_ids: Sequence[UUID], settings: Settings
) -> Mapping[UUID, Sequence[PictureShown]]:
    rows = await session.scalars(select(Picture).where(Picture.profile_id.in_(profile_ids)))
    gathered: defaultdict[UUID, list[PictureShown]] = defaultdict(list)
    for row in rows:
        gathered[row.profile_id].append(
            PictureShown(
                variant=row.variant,
                format=row.format,
                url=public_url(settings, row.object_key),
                bytes=row.bytes,
                width=row.width,
                height=row.height,
                mime=row.mime,
            )
        )
    return gathered
