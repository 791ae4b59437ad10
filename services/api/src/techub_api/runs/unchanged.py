"""Which pictures need not be taken again: nothing that is on them has changed."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Picture
from techub_cards.render import TEMPLATE_VERSION


def view_hash(
    view_key: str, avatar_key: str | None, template_version: str = TEMPLATE_VERSION
) -> str:
    """Return what a picture is made of: the card view, the avatar and the templates.

    View and avatar are named by their content, so that their names stand for them.
    """
    made_of = (PurePosixPath(view_key).name, avatar_key or "", template_version)
    return hashlib.sha256("\0".join(made_of).encode()).hexdigest()


def unchanged(
    kinds: Iterable[str], current: Mapping[str, str | None], wanted: str, *, force: bool
) -> frozenset[str]:
    """Return the pictures whose current files are made of just what is wanted; none by force."""
    return frozenset() if force else frozenset(k for k in kinds if current.get(k) == wanted)


async def current_files(
    session: AsyncSession, profile_id: UUID, kinds: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Return variant → format → object key of these pictures as they are published now."""
    rows = await session.execute(
        select(Picture.variant, Picture.format, Picture.object_key).where(
            Picture.profile_id == profile_id, Picture.variant.in_(list(kinds))
        )
    )
    files: dict[str, dict[str, str]] = {}
    for row in rows:
        files.setdefault(row.variant, {})[row.format] = row.object_key
    return files


async def current_hashes(session: AsyncSession, profile_id: UUID) -> dict[str, str | None]:
    """Return what each current picture of the profile was made of, by variant."""
    rows = await session.execute(
        select(Picture.variant, Picture.view_hash).where(Picture.profile_id == profile_id)
    )
    return {row.variant: row.view_hash for row in rows}
