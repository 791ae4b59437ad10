"""What routes ask for by annotation: what is open, and who is asking."""

from typing import Annotated

from fastapi import Depends, Request

from techub_api.accounts.actions import user_of_token
from techub_api.accounts.tables import User
from techub_api.resources import Resources
from techub_common.database import transaction
from techub_common.errors import Permanent


def opened(request: Request) -> Resources:
    """Return what the process keeps open."""
    resources: Resources = request.app.state.resources
    return resources


Opened = Annotated[Resources, Depends(opened)]


async def person(request: Request, resources: Opened) -> User:
    """Return who sent the personal token; raise Permanent `unauthorized`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        async with transaction(resources.sessions) as session:
            user = await user_of_token(session, token.strip())
        if user is not None:
            return user
    message = "Send a personal token: `Authorization: Bearer techub_…`."
    raise Permanent(message, code="unauthorized")


Person = Annotated[User, Depends(person)]
