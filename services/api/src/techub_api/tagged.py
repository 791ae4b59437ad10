"""Answers that say which content they are, so that whoever has it is not sent it again."""

import hashlib
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel

from techub_api.pictures.serving import has_it, unchanged

Known = Annotated[
    str | None, Header(alias="If-None-Match", description="An ETag: 304 when it is still that.")
]


def tagged(shown: BaseModel, known: str | None) -> Response:
    """Return the document, or that the asker has it already; caches ask again each time."""
    content = shown.model_dump_json().encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if has_it(known, etag):
        return unchanged(headers)
    return Response(content, media_type="application/json", headers=headers)
