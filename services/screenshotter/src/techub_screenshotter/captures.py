"""What a picture is made of, and where it is kept until it is optimised."""

import base64
import hashlib
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from techub_cards.card import Card
from techub_cards.render import render
from techub_cards.variants import UnknownVariant, Variant, variant_named
from techub_common.errors import Permanent

AVATAR_MIMES: Final = {".png": "image/png", ".jpg": "image/jpeg"}


def canvas(name: str) -> Variant:
    """Return the variant of that name; raise Permanent `unknown_variant`."""
    try:
        return variant_named(name)
    except UnknownVariant as error:
        raise Permanent(str(error), code="unknown_variant") from error


def page(variant: Variant, view: bytes, avatar: str | None) -> str:
    """Return the page that shows the card view; raise Permanent `render_failed`."""
    try:
        card = Card.model_validate_json(view)
    except ValidationError as error:
        message = f"the card view does not fit: {error.errors(include_input=False)[0]['msg']}"
        raise Permanent(message, code="render_failed") from error
    return render(variant, card.model_copy(update={"avatar": avatar}))


def inlined(key: str, content: bytes) -> str:
    """Return the avatar as a data URI; raise Permanent `render_failed` for another kind of file."""
    mime = AVATAR_MIMES.get(PurePosixPath(key).suffix)
    if mime is None:
        message = f"the avatar {key} is neither PNG nor JPEG"
        raise Permanent(message, code="render_failed")
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def digest(content: bytes) -> str:
    """Return the SHA-256 that names the content."""
    return hashlib.sha256(content).hexdigest()


def capture_key(run_id: UUID, variant: str, sha256: str) -> str:
    """Return where the capture lies: the same picture of a run always at the same place."""
    return f"runs/{run_id}/captures/{variant}-{sha256[:12]}.png"
