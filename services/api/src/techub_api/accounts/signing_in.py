"""A sign-in from its beginning to a session: each step of it is good once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.accounts.access import admit
from techub_api.accounts.github import GitHubPerson
from techub_api.accounts.secrets import digest, new_secret
from techub_api.accounts.tables import SignIn, User
from techub_api.settings import AccessPolicy
from techub_common.errors import Permanent

GOOD_FOR: Final = timedelta(minutes=10)
HOME: Final = "/"


@dataclass(frozen=True, slots=True)
class Begun:
    """What goes to GitHub (`state`, `verifier`) and what stays with the browser."""

    state: str
    verifier: str
    browser: str


async def begin(session: AsyncSession, onward: str, invite: str | None) -> Begun:
    """Note a sign-in that leads to the page `onward`; those nobody finished in time are dropped."""
    await session.execute(delete(SignIn).where(SignIn.expires_at <= func.now()))
    begun = Begun(state=new_secret(), verifier=new_secret(), browser=new_secret())
    session.add(
        SignIn(
            state_sha256=digest(begun.state),
            browser_sha256=digest(begun.browser),
            verifier=begun.verifier,
            onward=own_page(onward),
            invite=invite or None,
            expires_at=func.now() + GOOD_FOR,
        )
    )
    return begun


async def take(session: AsyncSession, state: str, browser: str | None) -> SignIn:
    """Return the sign-in with this state and use it up.

    Raises Permanent `sign_in_stale` for one that is unknown, used, too old or another browser's:
    then somebody may be trying to sign this person in as themselves.
    """
    taken: SignIn | None = await session.scalar(
        delete(SignIn)
        .where(
            SignIn.state_sha256 == digest(state),
            SignIn.browser_sha256 == digest(browser or ""),
            SignIn.expires_at > func.now(),
        )
        .returning(SignIn)
    )
    if taken is None:
        message = "This sign-in is too old, or was not begun in this browser. Start it again."
        raise Permanent(message, code="sign_in_stale")
    return taken


async def user_of(
    session: AsyncSession, person: GitHubPerson, policy: AccessPolicy, invite: str | None
) -> User:
    """Return the user with this GitHub id, under the login they have today.

    Somebody new is admitted first (see `admit`). A row without an id, made by an operator for this
    login, becomes theirs. Another account that had the login before loses it.
    """
    known = await session.scalar(select(User).where(User.github_id == person.id).with_for_update())
    holder = await session.scalar(
        select(User).where(func.lower(User.login) == person.login.lower()).with_for_update()
    )
    if known is None:
        await admit(session, policy, person.login, invite)
    if holder is not None and holder is not known:
        if known is None and holder.github_id is None:
            known = holder
        else:
            holder.login = f"{holder.login}~{holder.id.hex[:8]}"
            await session.flush()
    if known is None:
        known = User(login=person.login)
        session.add(known)
    known.github_id, known.login, known.name = person.id, person.login, person.name
    await session.flush()
    return known


def own_page(address: str) -> str:
    """Return the address when it is one of our own pages, else the front page."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if ours and address.isprintable() else HOME
