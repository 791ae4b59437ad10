"""Cards that stand in for one that is not there; drawn by `tools/placeholder_cards.py`."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from techub_api.files import mime_of
from techub_api.pictures.serving import File

SOON: Final = "public, max-age=60, stale-while-revalidate=600"
"""How long a stand-in is kept: the card it stands for may come any moment."""


class Missing(StrEnum):
    """Why there is no picture; a hidden profile looks like one nobody has dealt."""

    nobody = "nobody"
    dealing = "dealing"
    refused = "refused"


def stand_in(reason: Missing, formats: Sequence[str]) -> File:
    """Return the card that says why there is none: WebP where that is wanted first, else JPEG."""
    first = next((form for form in formats if form != "avif"), None)
    return _file(reason, "webp" if first == "webp" else "jpg")


@cache
def _file(reason: Missing, extension: str) -> File:
    name = f"{reason}.{extension}"
    content = files("techub_api.embeds").joinpath("standins", name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    etag = f'"no-card-{reason}-{extension}-{digest}"'  # drawn anew, it is fetched anew
    return File(content, mime_of(name), etag, SOON, varies=True)
