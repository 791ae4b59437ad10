"""What goes when somebody has their data deleted: the account, and every card that is their own."""

from collections.abc import Collection
from uuid import UUID, uuid4

import structlog
from sqlalchemy import and_, delete, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from techub_api.accounts.tables import User
from techub_api.objects import forgetting
from techub_api.profiles.keeping import OWNER
from techub_api.profiles.tables import Ownership, Picture, Profile
from techub_api.runs.tables import Run
from techub_api.schema import METADATA, OUTBOX
from techub_common.events import AddressChanged
from techub_common.outbox import Outbox

log = structlog.get_logger()


async def leave(session: AsyncSession, outbox: Outbox, user: User) -> list[str]:
    """Delete the person with everything that is theirs alone; return the places to be emptied.

    Theirs are the profile of their own account, whoever dealt it, and cards that were never made
    and only they look after. What they look after for somebody else stays, without them. The
    notifier hears of it and blanks their mails. `forgetting.forget` then empties the places, which
    are noted.
    """
    profiles = await _own(session, user)
    runs = list(await session.scalars(select(Run.id).where(Run.profile_id.in_(profiles))))
    places = await _places(session, profiles, runs)
    await forgetting.note(session, places)
    left = AddressChanged(run_id=uuid4(), login=user.login, user_id=user.id, gone=True)
    outbox.tell(session, left)
    await session.execute(delete(OUTBOX).where(OUTBOX.c.run_id.in_(runs)))
    for column, gone in ((Run.parent_run_id, runs), (Run.requested_by, [user.id])):
        unnamed = update(Run).where(column.in_(gone)).values({column: None})
        await session.execute(unnamed.execution_options(synchronize_session=False))
    await _delete_below(session, "runs", runs)
    await _delete_below(session, "profiles", profiles)
    await _delete_below(session, "users", [user.id])
    log.info("person_forgotten", profiles=len(profiles), runs=len(runs))
    return places


async def _own(session: AsyncSession, user: User) -> list[UUID]:
    """Return their own profiles, locked: nobody starts a run of one meanwhile."""
    other = aliased(Ownership)
    others = select(other.user_id).where(other.profile_id == Profile.id, other.user_id != user.id)
    alone = and_(Profile.github_id.is_(None), ~others.exists())
    kept = and_(Ownership.profile_id == Profile.id, Ownership.user_id == user.id)
    theirs = Profile.github_id == user.github_id if user.github_id is not None else false()
    rows = await session.scalars(
        select(Profile.id)
        .outerjoin(Ownership, kept)
        .where(or_(theirs, Ownership.role == OWNER, and_(Ownership.user_id == user.id, alone)))
        .order_by(Profile.id)
        .with_for_update(of=Profile)
    )
    return list(rows)


async def _places(
    session: AsyncSession, profiles: Collection[UUID], runs: Collection[UUID]
) -> list[str]:
    places = [folder for run_id in runs for folder in forgetting.folders_of(run_id)]
    rows = await session.execute(
        select(Profile.login, Profile.avatar_key).where(Profile.id.in_(profiles))
    )
    for login, avatar in rows:
        places += [f"generated/{login}/"] if login else []
        places += [avatar] if avatar else []
    pictures = select(Picture.object_key).where(Picture.profile_id.in_(profiles))
    return [*places, *await session.scalars(pictures)]


async def _delete_below(session: AsyncSession, name: str, ids: Collection[UUID]) -> None:
    """Delete these rows of a table, and before them what refers to them in every other one."""
    table = METADATA.tables[f"{METADATA.schema}.{name}"]
    for other in reversed(METADATA.sorted_tables):
        for key in other.foreign_keys:
            if key.column.table is table and other is not table:
                await session.execute(delete(other).where(key.parent.in_(ids)))
    await session.execute(delete(table).where(table.c.id.in_(ids)))
