"""The cards there are, the newest first: searched, narrowed down, and turned page by page."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Card, Picture, Profile

PAGE: Final = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; an empty field leaves everything in."""

    words: str = ""
    archetype: str = ""
    animal: str = ""
    language: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Profiles in the order of their cards, and where the next page begins (None: nowhere)."""

    profile_ids: tuple[UUID, ...]
    onward: str | None


async def find(session: AsyncSession, wanted: Wanted, after: str = "") -> Page:
    """Return a page of listed profiles that have a picture, in one read that walks an index.

    `after` is where the last page ended; one that is none of ours begins at the beginning.
    """
    statement = (
        select(Card.written_at, Profile.id)
        .join(Profile, Profile.id == Card.profile_id)
        .where(Profile.listed, Profile.login.is_not(None), *_conditions(wanted))
        .where(select(Picture.profile_id).where(Picture.profile_id == Profile.id).exists())
        .order_by(Card.written_at.desc(), Card.profile_id.desc())
        .limit(PAGE + 1)
    )
    rows = (await session.execute(_after(statement, after))).all()
    shown = rows[:PAGE]
    onward = _mark(shown[-1][0], shown[-1][1]) if len(rows) > PAGE else None
    return Page(tuple(row[1] for row in shown), onward)


async def languages(session: AsyncSession, limit: int) -> list[str]:
    """Return the languages most listed profiles speak."""
    spoken = (
        select(func.unnest(Profile.languages).label("language"))
        .where(Profile.listed, Profile.login.is_not(None))
        .subquery()
    )
    rows = await session.scalars(
        select(spoken.c.language)
        .group_by(spoken.c.language)
        .order_by(func.count().desc(), spoken.c.language)
        .limit(limit)
    )
    return list(rows)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.words:
        beginning = wanted.words.lower().removeprefix("@")
        conditions.append(
            or_(
                Profile.login.startswith(beginning, autoescape=True),
                func.lower(Profile.name).startswith(beginning, autoescape=True),
            )
        )
    if wanted.language:
        conditions.append(Profile.languages.contains([wanted.language]))
    traits: dict[str, Any] = {}
    if wanted.archetype:
        traits["archetype"] = wanted.archetype
    if wanted.animal:
        traits["spirit_animal"] = wanted.animal
    if wanted.tag:
        traits["tags"] = [wanted.tag]
    if traits:
        conditions.append(Card.traits.contains(traits))
    return conditions


def _after(statement: Select[datetime, UUID], mark: str) -> Select[datetime, UUID]:
    try:
        moment, _, profile_id = base64.urlsafe_b64decode(mark.encode()).decode().partition(" ")
        place = (datetime.fromisoformat(moment), UUID(profile_id))
    except (ValueError, binascii.Error):
        return statement
    return statement.where(tuple_(Card.written_at, Card.profile_id) < place)


def _mark(moment: datetime, profile_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {profile_id}".encode()).decode()
