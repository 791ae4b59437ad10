"""`POST /resend/webhooks`: what became of mails, told to whoever sent them."""

import time

import structlog
from fastapi import APIRouter, Request, Response

from techub_api.mail.signatures import verify
from techub_api.mail.wire import report_in
from techub_api.schema import INBOX
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.inbox import first_time

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)


@router.post("/resend/webhooks", status_code=204)
async def hear_resend(request: Request, opened: Opened) -> Response:
    """Keep a signed webhook as a fact, once; answered 204 when it is in the database.

    Raises Permanent `webhooks_off`, `bad_signature` or `malformed_webhook`: nothing is kept then.
    """
    secret = opened.settings.resend_webhook_secret
    if secret is None:
        message = "RESEND_WEBHOOK_SECRET is not set: webhooks are not heard here."
        raise Permanent(message, code="webhooks_off")
    body = await request.body()
    report_id = verify(secret.get_secret_value(), request.headers, body, time.time())
    report = report_in(body, report_id)
    if report is None:
        return Response(status_code=204)
    async with transaction(opened.sessions) as session:
        if await first_time(session, INBOX, "resend", report):
            opened.outbox.tell(session, report)
            log.info("webhook_heard", reported=report.reported, provider_id=report.provider_id)
    return Response(status_code=204)
