"""Links in mails that say who opens them: signed by the notifier, read by the api.

Both know SECRET_KEY; a token for one purpose is none for another.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

CONFIRM_WITHIN: Final = timedelta(days=3)
_SIGNER: Final[dict[str, Any]] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a link to confirm an address says: whose it is, and a hash of the address."""

    user_id: UUID
    address_hash: str


def unsubscribe_token(secret: str, user_id: UUID) -> str:
    """Return what stops a person's mails; it does not grow old, since mails are kept for years."""
    return str(_unsubscribing(secret).dumps(user_id.hex))


def unsubscribed(secret: str, token: str) -> UUID | None:
    """Return whose mails the token stops; None for a token that is not ours."""
    try:
        return UUID(hex=_unsubscribing(secret).loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def confirm_token(secret: str, user_id: UUID, address: str) -> str:
    """Return what confirms this address of this person within three days."""
    return str(_confirming(secret).dumps([user_id.hex, address_hash(address)]))


def confirmation(secret: str, token: str) -> Confirmation | None:
    """Return what the token confirms; None for one that is not ours or too old."""
    try:
        user_id, hashed = _confirming(secret).loads(
            token, max_age=int(CONFIRM_WITHIN.total_seconds())
        )
        return Confirmation(UUID(hex=user_id), str(hashed))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def address_hash(address: str) -> str:
    """Return what tells two addresses apart without naming them."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()[:32]


def _unsubscribing(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="techub unsubscribe", signer_kwargs=_SIGNER)


def _confirming(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="techub confirm", signer_kwargs=_SIGNER)
