"""What changes a stored profile, its card and its current pictures."""

from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.runs.story import clock
from techub_api.runs.tables import Run
from techub_cards.card import Card as CardView
from techub_common.database import put_off
from techub_common.events import CardGenerated, Provenance, Rendition
from techub_common.masking import mask
from techub_common.traits import CardTraits

EDITION: Final = "First edition"
_NEWEST: Final = "newest"


async def keep_card(session: AsyncSession, profile: Profile, event: CardGenerated) -> None:
    """Make these traits the profile's card; nothing happens when the recipe made none."""
    if event.traits is None:
        return
    provenance = event.provenance or Provenance(provider="unknown")
    card = await session.get(Card, profile.id)  # under the profile's lock nobody else adds one
    if card is None:
        card = Card(profile_id=profile.id)
        session.add(card)
    card.run_id = event.run_id
    card.traits = event.traits.model_dump(mode="json")
    card.provenance = provenance.model_dump(mode="json")
    card.reasons = {stat: mask(reason) for stat, reason in event.reasons.items()}
    card.artifact = event.artifacts.get("generate_ai_profile")
    card.written_at = await clock(session)


async def view_of(session: AsyncSession, profile: Profile, app_host: str) -> CardView | None:
    """Return what the card shows, without the avatar; None for a profile without a card."""
    card = await session.get(Card, profile.id)
    if card is None:
        return None
    traits = CardTraits.model_validate(card.traits)
    return CardView(
        **traits.model_dump(exclude={"short_bio", "long_bio"}),
        login=profile.display_login,
        name=mask(profile.name or profile.display_login),
        avatar=None,
        bio=mask(profile.bio) if profile.bio else None,
        location=mask(profile.location) if profile.location else None,
        languages=tuple(profile.languages),
        stars=profile.total_stars,
        followers=profile.followers,
        repositories=profile.public_repos,
        number=profile.number,
        edition=EDITION,
        host=urlsplit(app_host).netloc,
        profile_url=f"{app_host}/profiles/{profile.login}",
        as_of=card.written_at.date(),
    )


async def is_newest(session: AsyncSession, run: Run) -> bool:
    """Return whether no newer run of the profile makes pictures: only then may this one publish.

    Asked once per transaction, as long as no run gets a card in it: the profile is locked.
    """
    known: dict[UUID, bool] = session.info.setdefault(_NEWEST, {})
    if run.id not in known:
        newest = await session.scalar(
            select(func.max(Run.number)).where(
                Run.profile_id == run.profile_id,
                Run.card_ready.is_(True),
                func.coalesce(Run.options["screenshots"].astext, "take") != "skip",
            )
        )
        known[run.id] = newest is None or run.number >= newest
    return known[run.id]


def has_a_card(session: AsyncSession, run: Run) -> None:
    """Make the run one that has a card; which run is a profile's newest is then asked anew."""
    run.card_ready = True
    session.info.pop(_NEWEST, None)


async def publish_picture(
    session: AsyncSession,
    run: Run,
    variant: str,
    renditions: tuple[Rendition, ...],
    view_hash: str | None = None,
) -> bool:
    """Make these the current files of the variant, all at once; only the newest run may.

    `view_hash` says what they were made of; without one they are made again the next time. Returns
    whether they are current when this commits.
    """
    if not await is_newest(session, run):
        return False
    rows = [
        {
            **rendition.model_dump(),
            "profile_id": run.profile_id,
            "variant": variant,
            "run_id": run.id,
            "view_hash": view_hash,
        }
        for rendition in renditions
    ]
    put_off(session, _replace_files, ((run.profile_id, variant), rows))
    return True


async def _replace_files(
    session: AsyncSession, published: list[tuple[tuple[UUID, str], list[dict[str, Any]]]]
) -> None:
    last = dict(published)
    gone = (
        func.unnest(
            literal([profile_id for profile_id, _ in last], ARRAY(Uuid())),
            literal([variant for _, variant in last], ARRAY(Text())),
        )
        .table_valued("profile_id", "variant", name="gone")
        .render_derived()
    )
    await session.execute(
        delete(Picture)
        .where(Picture.profile_id == gone.c.profile_id, Picture.variant == gone.c.variant)
        .execution_options(synchronize_session=False)
    )
    rows = [row for rows in last.values() for row in rows]
    await session.execute(insert(Picture), rows)
