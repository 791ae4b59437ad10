"""Who looks at a page, and whether the form that came back is one we gave to this very browser."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, HTTPException, Request
from itsdangerous import BadSignature
from starlette.datastructures import FormData

from techub_api.accounts.cookies import cookie, signer
from techub_api.accounts.sessions import COOKIE, session_of
from techub_api.accounts.tables import User
from techub_api.settings import Settings
from techub_api.wiring import Opened
from techub_common.database import transaction

FORM_COOKIE: Final = "techub_form"
FORM_LASTS: Final = timedelta(hours=12)
TOKEN_FIELD: Final = "form_token"  # noqa: S105  # the name of a field
MAX_FIELDS: Final = 20


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in front of a browser; `mark` is what tells this browser's forms from others'."""

    user: User | None
    mark: str | None
    session_id: UUID | None = None


async def visitor(request: Request, opened: Opened) -> Visitor:
    """Return who looks: nobody in particular unless this browser has a session that is good."""
    mark = cookie(request, opened.settings, FORM_COOKIE)
    secret = cookie(request, opened.settings, COOKIE)
    if secret is None:
        return Visitor(None, mark)
    async with transaction(opened.sessions) as session:
        found = await session_of(session, secret)
    return Visitor(found[1], mark, found[0].id) if found else Visitor(None, mark)


Looking = Annotated[Visitor, Depends(visitor)]


class SignInFirst(Exception):
    """The page is for people who are signed in."""


@dataclass(frozen=True, slots=True)
class Member(Visitor):
    """Somebody who is signed in."""

    user: User
    session_id: UUID


async def member(visitor: Looking) -> Member:
    """Return who looks when they are signed in; raise SignInFirst when nobody is."""
    if visitor.user is None or visitor.session_id is None:
        raise SignInFirst
    return Member(visitor.user, visitor.mark, visitor.session_id)


SignedIn = Annotated[Member, Depends(member)]


def new_mark() -> str:
    """Return a mark for a browser that has none."""
    return secrets.token_urlsafe(24)


def form_token(settings: Settings, mark: str, user_id: UUID | None) -> str:
    """Return what a form carries: signed, for this browser and this person, good for 12 hours."""
    return signer(settings, "form").dumps([mark, user_id.hex if user_id else ""])


def is_ours(settings: Settings, token: str, visitor: Visitor) -> bool:
    """Return whether we gave the token to this browser while this person was signed in there."""
    try:
        mark, user = signer(settings, "form").loads(token, max_age=int(FORM_LASTS.total_seconds()))
    except (BadSignature, ValueError):
        return False
    person = visitor.user.id.hex if visitor.user else ""
    return compare_digest(mark.encode(), (visitor.mark or "").encode()) and compare_digest(
        user, person
    )


async def form(request: Request, opened: Opened, visitor: Looking) -> FormData:
    """Return the fields that were sent; refuse a form that is not ours with 403."""
    fields = await request.form(max_files=0, max_fields=MAX_FIELDS)
    token = fields.get(TOKEN_FIELD)
    if not isinstance(token, str) or not is_ours(opened.settings, token, visitor):
        raise HTTPException(403, "This form is too old, or was not sent from here. Send it again.")
    return fields


Sent = Annotated[FormData, Depends(form)]
