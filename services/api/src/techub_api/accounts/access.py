"""Who may become a user: everybody, who is on the list, or who has an invite."""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.tables import AllowedLogin, Invite
from techub_api.settings import AccessPolicy
from techub_common.errors import Permanent


async def admit(
    session: AsyncSession, policy: AccessPolicy, login: str, invite: str | None
) -> None:
    """Return when somebody new may come in; an invite's seat is taken with it.

    Raises Permanent `not_on_the_list`, `invite_unknown` or `invite_taken`.
    """
    if policy is AccessPolicy.open or await _is_listed(session, login):
        return
    if policy is AccessPolicy.list or not invite:
        message = f"TecHub is not open to everybody yet, and @{login} is not on the list."
        raise Permanent(message, code="not_on_the_list")
    code = invite.strip().lower()
    seat = (
        update(Invite)
        .where(Invite.code == code, Invite.taken < Invite.seats)
        .values(taken=Invite.taken + 1)
        .returning(Invite.code)
    )
    if await session.scalar(seat) is None:
        raise await _refused(session, code)
    await allow(session, login, invite=code)


async def allow(session: AsyncSession, login: str, *, invite: str | None = None) -> None:
    """Put a login on the list; once is enough."""
    await session.execute(
        insert(AllowedLogin).values(login=login.lower(), invite=invite).on_conflict_do_nothing()
    )


async def set_invite(session: AsyncSession, code: str, seats: int) -> Invite:
    """Make an invite, or change how many seats it has; raise Permanent `seats_taken`."""
    code = code.strip().lower()
    known = await session.get(Invite, code, with_for_update=True)
    if known is None:
        known = Invite(code=code, seats=seats, taken=0)
        session.add(known)
    elif seats < known.taken:
        message = f"{known.taken} people came in by this invite; it cannot have {seats} seats"
        raise Permanent(message, code="seats_taken")
    known.seats = seats
    await session.flush()
    return known


async def _is_listed(session: AsyncSession, login: str) -> bool:
    listed = select(func.count()).where(AllowedLogin.login == login.lower())
    return bool(await session.scalar(listed))


async def _refused(session: AsyncSession, code: str) -> Permanent:
    if await session.get(Invite, code) is None:
        return Permanent("We do not know this invite. Check its spelling.", code="invite_unknown")
    return Permanent("Everybody this invite was for is in already.", code="invite_taken")
