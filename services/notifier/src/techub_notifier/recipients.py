"""Who looks after a profile and who has to confirm an address: read through the api's views."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Text, Uuid, column, select, table
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from techub_common.database import Sessions, transaction
from techub_common.errors import Away
from techub_notifier.rows import Unconfirmed
from techub_notifier.rules import Owner

COLUMNS: Final[Mapping[str, TypeEngine[Any]]] = {
    "profile_id": Uuid(),
    "user_id": Uuid(),
    "address": Text(),
    "verified": Boolean(),
    "wants_mail": Boolean(),
}
"""What `api.notification_recipients` must offer: one row per owner of a profile."""

VIEW: Final = table(
    "notification_recipients",
    *(column(name, kind) for name, kind in COLUMNS.items()),
    schema="api",
)


async def owners_of(
    session: AsyncSession, profile_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Owner]]:
    """Return each profile's owners in the order of their ids; raise Away while none can be read."""
    wanted = select(VIEW).where(VIEW.c.profile_id.in_(profile_ids)).order_by(VIEW.c.user_id)
    try:
        rows = (await session.execute(wanted)).all()
    except ProgrammingError as error:
        message = (
            "api.notification_recipients cannot be read; run `techub_notifier migrate`, then "
            "`techub_api migrate`"
        )
        raise Away(message) from error
    owners: dict[UUID, list[Owner]] = {profile_id: [] for profile_id in profile_ids}
    for row in rows:
        owner = Owner(row.user_id, row.address, bool(row.verified), bool(row.wants_mail))
        owners[row.profile_id].append(owner)
    return owners


UNCONFIRMED: Final = table(
    "unconfirmed_addresses",
    column("user_id", Uuid()),
    column("login", Text()),
    column("address", Text()),
    schema="api",
)
"""Addresses people gave and have not confirmed: at most one per user."""


async def unconfirmed(session: AsyncSession, user_id: UUID) -> Unconfirmed | None:
    """Return the address the person has to confirm, None when it is confirmed or gone."""
    wanted = select(UNCONFIRMED).where(UNCONFIRMED.c.user_id == user_id)
    row = (await session.execute(wanted)).first()
    return Unconfirmed(row.user_id, row.login, row.address) if row else None


async def readable(sessions: Sessions) -> None:
    """Return when the view can be read; raise Away."""
    async with transaction(sessions) as session:
        await owners_of(session, [UUID(int=0)])
