"""Serves the public files: those under `generated/` and `avatars/`, and nothing else."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from techub_api.files import mime_of
from techub_api.wiring import Opened
from techub_common.errors import Permanent
from techub_common.storage import FOR_EVER, is_public

router = APIRouter(include_in_schema=False)


@router.get("/generated/{path:path}")
async def generated(
    path: str, opened: Opened, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Answer a picture by its key; its bytes never change."""
    return await _object(f"generated/{path}", opened, if_none_match)


@router.get("/avatars/{path:path}")
async def avatar(
    path: str, opened: Opened, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Answer an avatar by its key."""
    return await _object(f"avatars/{path}", opened, if_none_match)


async def _object(key: str, opened: Opened, if_none_match: str | None) -> Response:
    name = key.rsplit("/", 1)[-1]
    if not is_public(key) or name.startswith("."):
        message = "There is nothing here."
        raise Permanent(message, code="object_missing")
    etag = f'"{name.rsplit(".", 1)[0]}"'
    headers = {"ETag": etag, "Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"}
    content = await opened.objects.get(key)
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    mime = mime_of(name)
    return Response(content, media_type=mime, headers=headers)
