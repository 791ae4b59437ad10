"""What routes ask for by annotation: what is open, and who is asking."""

from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from techub_api.accounts.actions import user_of_token
from techub_api.accounts.tables import User
from techub_api.resources import Resources
from techub_common.database import may_be_forgotten, transaction
from techub_common.errors import Permanent
from techub_common.logins import PATTERN


async def opened(request: Request) -> Resources:  # a plain function would cost a thread a request
    """Return what the process keeps open."""
    resources: Resources = request.app.state.resources
    return resources


Opened = Annotated[Resources, Depends(opened)]


_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="personal token",
    description="Made at /settings/account: `Authorization: Bearer techub_…`",
)

Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


LoginNamed = Annotated[
    str,
    Path(
        description="A GitHub login; its case does not matter.",
        examples=["octocat"],
        json_schema_extra={"pattern": PATTERN},
    ),
]
"""Described, and judged by `valid_login`."""


async def person(resources: Opened, sent: Credentials) -> User:
    """Return who sent the personal token; raise Permanent `unauthorized`."""
    if sent is not None and sent.credentials:
        async with transaction(resources.sessions) as session:
            await may_be_forgotten(session)  # when the token was used last
            user = await user_of_token(session, sent.credentials.strip())
        if user is not None:
            return user
    message = "Send a personal token: `Authorization: Bearer techub_…`."
    raise Permanent(message, code="unauthorized")


Person = Annotated[User, Depends(person)]
