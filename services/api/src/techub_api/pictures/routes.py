"""Serves the public files: those under `generated/` and `avatars/`, and nothing else."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from techub_api.pictures.addresses import elsewhere
from techub_api.pictures.serving import NO_SNIFFING, File, found_at, has_it, sent, unchanged
from techub_api.wiring import Opened
from techub_common.errors import Permanent
from techub_common.storage import FOR_EVER, FOR_MINUTES, is_public, lifetime_of

router = APIRouter(include_in_schema=False)

Download = Annotated[str | None, Query()]
_CONTENT: Final = re.compile(r"-[0-9a-f]{12}(?=\.)")


@router.api_route("/generated/{path:path}", methods=["GET", "HEAD"])
async def generated(
    path: str, opened: Opened, request: Request, download: Download = None
) -> Response:
    """Answer a picture by its key; its bytes never change."""
    return await _object(f"generated/{path}", opened, request, save=download is not None)


@router.api_route("/avatars/{path:path}", methods=["GET", "HEAD"])
async def avatar(
    path: str, opened: Opened, request: Request, download: Download = None
) -> Response:
    """Answer an avatar by its key."""
    return await _object(f"avatars/{path}", opened, request, save=download is not None)


async def _object(key: str, opened: Opened, request: Request, *, save: bool) -> Response:
    name = key.rsplit("/", 1)[-1]
    if not is_public(key) or name.startswith("."):
        message = "There is nothing here."
        raise Permanent(message, code="object_missing")
    if not save and (address := elsewhere(opened.settings, key)):
        return found_at(address, FOR_MINUTES)
    lifetime = lifetime_of(key)
    by_name = f'"{name}"' if lifetime == FOR_EVER else None
    known = request.headers.get("if-none-match")
    if by_name and known and has_it(known, by_name) and await opened.objects.exists(key):
        return unchanged({"ETag": by_name, "Cache-Control": lifetime} | NO_SNIFFING)
    found = await opened.objects.fetch(key, unless=None if by_name else known)
    if found is None:
        return unchanged({"ETag": str(known), "Cache-Control": lifetime} | NO_SNIFFING)
    etag = by_name or found.etag
    file = File(found.content, found.mime, etag, lifetime, saved_as(key) if save else None)
    return sent(file, request.headers)


def saved_as(key: str) -> str:
    """Return a name for a file on somebody's disk: whose it is and what, not which bytes."""
    folder, _, name = key.rpartition("/")
    owner = folder.rpartition("/")[2]
    short = _CONTENT.sub("", name)
    return short if owner in {"avatars", "meta"} else f"{owner}-{short}"
