"""Owners ask for artwork of their profile, or want none any more."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.profiles.keeping import owned
from techub_api.profiles.tables import Picture
from techub_common.events import ARTWORKS


async def ask_for_artwork(session: AsyncSession, user: User, login: str) -> None:
    """Have artwork drawn from the next run on; raise Permanent `not_the_owner`."""
    profile = await owned(session, user, login)
    profile.artwork_wanted = True


async def want_no_artwork(session: AsyncSession, user: User, login: str) -> None:
    """Take down what was drawn and draw no more; raise Permanent `not_the_owner`.

    What a run is drawing right now is not published either. The files go when what no row names is
    pruned. When the week is over does not change.
    """
    profile = await owned(session, user, login)
    profile.artwork_wanted = False
    profile.artwork_run_id = None
    await session.execute(
        delete(Picture)
        .where(Picture.profile_id == profile.id, Picture.variant.in_(ARTWORKS))
        .execution_options(synchronize_session=False)
    )
