"""What is known of a login before anybody submits it, asked while it is typed."""

from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import User
from techub_api.profiles.keeping import OWNER
from techub_api.profiles.tables import Card, Ownership, Profile
from techub_api.runs.status import OPEN
from techub_api.runs.tables import Run

NOBODY: Final = "Nobody has a card of this login yet."


class LoginShown(BaseModel):
    """A login as the form shows it: is there a card, is it somebody's, is a run under way.

    `exists` says that we know the account; `yours` that the asker looks after it.
    """

    login: str
    exists: bool = False
    has_card: bool = False
    claimed: bool = False
    yours: bool = False
    open_run_id: UUID | None = None
    may_submit: bool = True
    sentence: str = NOBODY


async def look_up(session: AsyncSession, user: User | None, login: str) -> LoginShown:
    """Return what is known of a valid login; of a hidden profile only that it is somebody's."""
    profile = await session.scalar(select(Profile).where(Profile.login == login.lower()))
    if profile is None:
        return LoginShown(login=login)
    keepers = {
        keeper.user_id: keeper.role
        for keeper in await session.scalars(
            select(Ownership).where(Ownership.profile_id == profile.id)
        )
    }
    yours = user is not None and user.id in keepers
    own = user is not None and user.github_id is not None and user.github_id == profile.github_id
    claimed = OWNER in keepers.values()
    shown = profile.listed or yours or own
    known = LoginShown(
        login=profile.display_login if shown else login,
        exists=shown and profile.github_id is not None,
        has_card=shown and await session.get(Card, profile.id) is not None,
        claimed=claimed,
        yours=yours,
        open_run_id=await _open_run(session, profile) if shown else None,
        may_submit=yours or own or not claimed,
    )
    return known.model_copy(update={"sentence": _sentence(known)})


async def _open_run(session: AsyncSession, profile: Profile) -> UUID | None:
    run_id: UUID | None = await session.scalar(
        select(Run.id).where(Run.profile_id == profile.id, Run.status.in_(OPEN))
    )
    return run_id


def _sentence(known: LoginShown) -> str:
    if not known.may_submit:
        return f"@{known.login} belongs to somebody who signed in; only they may deal it."
    if known.open_run_id is not None:
        return f"A card of @{known.login} is being made right now."
    if known.has_card:
        return f"There is a card of @{known.login} already. It would be dealt again."
    return NOBODY
