"""Whether a webhook was sent by who knows our secret, a moment ago: Svix signatures, as Resend's.

https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from techub_api.counting import whole_number
from techub_common.errors import Permanent

TOLERANCE_SECONDS: Final = 300.0


class BadSignature(Permanent):
    """The webhook was not sent by who knows our secret, or not just now."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"The webhook is refused: {reason}.", code="bad_signature")


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Return the id of the webhook; raise Permanent `bad_signature` with the reason.

    `now` is in seconds since 1970; the signed moment may differ by five minutes.
    """
    message_id = headers.get("svix-id", "")
    moment = headers.get("svix-timestamp", "")
    signatures = headers.get("svix-signature", "")
    if not (message_id and moment and signatures):
        raise BadSignature(
            reason="the headers svix-id, svix-timestamp and svix-signature must be there"
        )
    seconds = whole_number(moment)
    if seconds is None:
        raise BadSignature(reason="svix-timestamp counts no seconds")
    if abs(now - seconds) > TOLERANCE_SECONDS:
        raise BadSignature(reason="signed more than five minutes from now")
    signed = b".".join((message_id.encode(), moment.encode(), body))
    wanted = hmac.digest(_key(secret), signed, hashlib.sha256)
    for signature in signatures.split(" "):
        version, _, given = signature.partition(",")
        if version == "v1" and hmac.compare_digest(base64.b64encode(wanted), given.encode()):
            return message_id
    raise BadSignature(reason="no signature fits")


def is_secret(text: str) -> bool:
    """Return whether the text is a signing secret: `whsec_` and base64."""
    try:
        return bool(_key(text)) and text.startswith("whsec_")
    except binascii.Error:
        return False


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
