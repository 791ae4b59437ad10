"""Which objects rows name; whatever no row names may go."""

from collections.abc import AsyncIterator

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import Card, Picture, Profile
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run, RunPicture

_KNOWN = (Profile.github_artifact, Card.artifact, Card.view_key)
_NOTES = (
    select(Picture.object_key, RunPicture.capture)
    .join(RunPicture, and_(RunPicture.run_id == Picture.run_id, RunPicture.kind == Picture.variant))
    .where(RunPicture.capture.is_not(None), Picture.format == "png")
)
"""The current pictures, each with the capture it was made from."""


async def named_keys(session: AsyncSession) -> set[str]:
    """Return the key of every object that a profile, a card, a picture or an open run needs."""
    return {key async for key in _keys(session)}


async def is_named(session: AsyncSession, key: str) -> bool:
    """Return whether a row names this key now, in one read per table."""
    for column in (Picture.object_key, Profile.avatar_key, *_KNOWN, Run.view_key):
        if await session.scalar(select(column).where(column == key).limit(1)) is not None:
            return True
    return False


async def _keys(session: AsyncSession) -> AsyncIterator[str]:
    for column in (Picture.object_key, Profile.avatar_key, *_KNOWN):
        async for key in await session.stream_scalars(select(column).where(column.is_not(None))):
            yield str(key)
    open_runs = select(Run.view_key, Run.artifacts).where(Run.status.in_(OPEN))
    async for run in await session.stream(open_runs):
        for key in (run.view_key, *run.artifacts.values()):
            if key:
                yield str(key)
    async for made in await session.stream(_NOTES):
        folder = made.object_key.rpartition("/")[0]
        yield f"{folder}/meta/{made.capture['kind']}-{made.capture['sha256'][:12]}.json"
