"""Whether a webhook was sent by who knows our secret: GitHub's `X-Hub-Signature-256`.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hashlib
import hmac
from typing import Final

from techub_common.errors import Permanent

SCHEME: Final = b"sha256="


def verify(secret: str, signature: str, body: bytes) -> None:
    """Return when the signature is that of these very bytes; raise Permanent `bad_signature`."""
    wanted = SCHEME + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(wanted, signature.encode()):
        message = "The webhook is refused: X-Hub-Signature-256 does not fit its bytes."
        raise Permanent(message, code="bad_signature")
