"""`POST /github/webhooks`: a consent that was taken back, and profiles that have changed."""

from typing import Final

import structlog
from fastapi import APIRouter, Request, Response

from techub_api.accounts.sessions import end_sessions_of
from techub_api.hooks.signatures import verify
from techub_api.hooks.wire import delivery_id, meaning_of
from techub_api.profiles.refreshing import mark_due
from techub_api.profiles.tables import Profile
from techub_api.schema import INBOX
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.inbox import first_times

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

PATH: Final = "/github/webhooks"
HEARER: Final = "github"


@router.post(PATH, status_code=204)
async def hear_github(request: Request, opened: Opened) -> Response:
    """Act on a signed delivery once, in one transaction; what tells us nothing is only answered.

    Raises Permanent `webhooks_off`, `bad_signature` or `malformed_webhook`: nothing changes then.
    """
    secret = opened.settings.github_webhook_secret
    if secret is None:
        message = "GITHUB_WEBHOOK_SECRET is not set: webhooks are not heard here."
        raise Permanent(message, code="webhooks_off")
    body = await request.body()
    verify(secret.get_secret_value(), request.headers.get("x-hub-signature-256", ""), body)
    event = request.headers.get("x-github-event", "")
    delivery = delivery_id(request.headers.get("x-github-delivery", ""))
    meaning = meaning_of(event, body)
    if meaning.is_nothing:
        return Response(status_code=204)
    async with transaction(opened.sessions) as session:
        if await first_times(session, INBOX, HEARER, [delivery]):
            ended = await end_sessions_of(session, meaning.revoked)
            due = [
                await mark_due(session, Profile.github_id == github_id)
                for github_id in sorted(meaning.changed)
            ]
            log.info("webhook_heard", reported=event, ended=ended, due=sum(due))
    return Response(status_code=204)
