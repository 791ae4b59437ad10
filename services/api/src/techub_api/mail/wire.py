"""Resend's webhooks as they come in, and the fact each one is."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from techub_common.errors import Permanent
from techub_common.events import MailReported, Reported
from techub_common.masking import mask

LONGEST_REASON: Final = 500
NOBODY: Final = "-"

REPORTS: Final[Mapping[str, Reported]] = {
    "email.delivered": "delivered",
    "email.delivery_delayed": "delayed",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.failed": "failed",
    "email.suppressed": "suppressed",
}
"""Everything else (sent, opened, clicked, scheduled, received, contacts) tells us nothing."""

_LASTING: Final = frozenset({"permanent", "hardbounce", "hard"})


class _Reason(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = ""
    message: str = ""
    reason: str = ""


class _Mail(BaseModel):
    model_config = ConfigDict(extra="ignore")

    email_id: Annotated[str, Field(min_length=1, max_length=256)]
    tags: dict[str, Any] | list[dict[str, Any]] = {}
    bounce: _Reason | None = None
    failed: _Reason | None = None
    suppressed: _Reason | None = None


class _Kind(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str


class _Webhook(_Kind):
    data: _Mail


def report_in(body: bytes, report_id: str) -> MailReported | None:
    """Return the fact, None for a webhook that says nothing we keep.

    Raises Permanent `malformed_webhook`. No address is taken over; the reason is masked.
    """
    try:
        kind = _Kind.model_validate_json(body)
        reported = REPORTS.get(kind.type)
        if reported is None:
            return None
        mail = _Webhook.model_validate_json(body).data
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, problem["loc"])) or "body"
        message = f"The webhook cannot be read: {place}: {problem['msg']}."
        raise Permanent(message, code="malformed_webhook") from error
    why = mail.bounce or mail.failed or mail.suppressed or _Reason()
    return MailReported(
        run_id=uuid5(NAMESPACE_URL, f"resend:{mail.email_id}"),
        login=NOBODY,
        report_id=report_id[:256],
        provider_id=mail.email_id,
        delivery_id=_delivery_in(mail.tags),
        reported=reported,
        hard=reported == "bounced" and why.type.lower() in _LASTING,
        reason=mask(why.message or why.reason)[:LONGEST_REASON],
    )


def _delivery_in(tags: dict[str, Any] | list[dict[str, Any]]) -> UUID | None:
    """Return our own id of the mail, from tags in either form Resend has sent them in."""
    named = tags if isinstance(tags, dict) else {tag.get("name"): tag.get("value") for tag in tags}
    try:
        return UUID(str(named.get("delivery")))
    except ValueError:
        return None
