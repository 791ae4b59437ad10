"""Which run an operator means: by its id or the first part of it, or by a login."""

import re
from typing import Final
from uuid import UUID

from sqlalchemy import String, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.profiles.tables import LoginHistory, Profile
from techub_api.runs.queries import run_named
from techub_api.runs.tables import Run
from techub_common.errors import Permanent

BEGINNING: Final = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,27}", re.IGNORECASE)


async def run_meant(session: AsyncSession, login_or_run: str) -> UUID:
    """Return the run, the open or newest one of a login; eight characters of an id will do.

    A login comes before the beginning of an id. Raises Permanent `run_missing`, which names the
    login an account has now, and `run_ambiguous`.
    """
    try:
        return await run_named(session, login_or_run)
    except Permanent as error:
        if error.code != "run_missing":
            raise
        begun = await _begun_with(session, login_or_run)
        if begun is not None:
            return begun
        renamed = await _login_now(session, login_or_run)
        if renamed is None:
            raise
        message = f"{error}; the account that had this login is {renamed} now"
        raise Permanent(message, code="run_missing") from error


async def _begun_with(session: AsyncSession, text: str) -> UUID | None:
    if not BEGINNING.fullmatch(text):
        return None
    same = cast(Run.id, String).startswith(text.lower(), autoescape=True)
    found = (await session.scalars(select(Run.id).where(same).limit(2))).all()
    if len(found) > 1:
        message = f"several runs begin with {text!r}; give more of the id"
        raise Permanent(message, code="run_ambiguous")
    return found[0] if found else None


async def _login_now(session: AsyncSession, login: str) -> str | None:
    return await session.scalar(
        select(Profile.display_login)
        .join(LoginHistory, LoginHistory.profile_id == Profile.id)
        .where(LoginHistory.login == login.lower(), Profile.login.is_not(None))
        .order_by(LoginHistory.id.desc())
        .limit(1)
    )
