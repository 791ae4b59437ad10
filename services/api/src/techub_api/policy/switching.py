"""Reads and moves the switches; what nobody has switched is as the settings say."""

from dataclasses import dataclass
from typing import TypedDict, TypeVar

import structlog
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.policy.tables import Switches
from techub_api.settings import Settings

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds now; `daily_tokens` is what models may take a day, None without a limit."""

    ai_text: bool
    artwork: bool
    descriptions: bool
    require_eligibility: bool
    eligibility_threshold: int
    daily_tokens: int | None


class Changes(TypedDict, total=False):
    """Switches to move: a value from now on, or None for what the settings say."""

    ai_text: bool | None
    artwork: bool | None
    descriptions: bool | None
    require_eligibility: bool | None
    eligibility_threshold: int | None
    daily_tokens: int | None


async def in_force(session: AsyncSession, settings: Settings) -> InForce:
    """Return what holds now, in one read."""
    switched = await session.get(Switches, 1) or Switches()
    tokens = _either(switched.daily_tokens, settings.gemini_daily_tokens)
    return InForce(
        ai_text=_either(switched.ai_text, settings.ai_text_enabled),
        artwork=_either(switched.artwork, settings.ai_images_enabled),
        descriptions=_either(switched.descriptions, settings.ai_image_descriptions_enabled),
        require_eligibility=_either(
            switched.require_eligibility, settings.require_profile_eligibility
        ),
        eligibility_threshold=_either(
            switched.eligibility_threshold, settings.eligibility_threshold
        ),
        daily_tokens=tokens or None,
    )


async def switch(session: AsyncSession, by: str, changes: Changes) -> None:
    """Move these switches; runs submitted from then on are stamped with what they say.

    A value the table refuses (a threshold over 5) raises IntegrityError.
    """
    row = {**changes, "switched_by": by, "switched_at": func.now()}
    await session.execute(
        insert(Switches).values(id=1, **row).on_conflict_do_update(index_elements=["id"], set_=row)
    )
    log.info("policy_switched", by=by, **changes)


def _either(switched: T | None, setting: T) -> T:
    return setting if switched is None else switched
