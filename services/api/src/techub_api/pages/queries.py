"""What pages show beside what the API answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.pictures.addresses import public_url
from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.runs.queries import PictureShown
from techub_api.runs.sentences import sentence_for
from techub_api.runs.status import Status
from techub_api.runs.tables import Entry, Run
from techub_api.settings import Settings
from techub_common.events import ARTWORKS


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


@dataclass(frozen=True, slots=True)
class RunStanding:
    """How a profile's newest run stands, and the last line of its story."""

    run_id: UUID
    status: str
    sentence: str | None
    is_open: bool
    last_line: int


async def newest_runs(
    session: AsyncSession, profile_ids: Sequence[UUID]
) -> Mapping[UUID, RunStanding]:
    """Return how the newest run of each of these profiles stands, in one read."""
    line = select(func.max(Entry.id)).where(Entry.run_id == Run.id).scalar_subquery()
    rows = await session.execute(
        select(Run.profile_id, Run.id, Run.status, Run.error, line)
        .ext(distinct_on(Run.profile_id))
        .where(Run.profile_id.in_(profile_ids))
        .order_by(Run.profile_id, Run.number.desc())
    )
    return {
        profile_id: RunStanding(
            run_id=run_id,
            status=status,
            sentence=sentence_for("failed", error.get("code")) if error else None,
            is_open=Status(status).is_open,
            last_line=last or 0,
        )
        for profile_id, run_id, status, error, last in rows
    }


async def last_line(session: AsyncSession, run_id: UUID) -> int:
    """Return the id of the last line of the run's story, 0 before the first."""
    return (await session.scalar(select(func.max(Entry.id)).where(Entry.run_id == run_id))) or 0


async def _pictures(
    session: AsyncSession, profile_ids: Sequence[UUID], settings: Settings
) -> Mapping[UUID, Sequence[PictureShown]]:
    rows = await session.scalars(
        select(Picture).where(Picture.profile_id.in_(profile_ids), Picture.variant.not_in(ARTWORKS))
    )
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
