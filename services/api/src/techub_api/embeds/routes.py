"""`/og/{login}.jpg` and `/{login}.png` for link previews, `/cards/{login}/{variant}` for frames."""

import asyncio
import base64
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response
from fastapi.responses import HTMLResponse

from techub_api.embeds.framing import framed
from techub_api.embeds.queries import current_picture, drawn_from
from techub_api.files import mime_of
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_cards.card import Card
from techub_cards.render import render
from techub_cards.variants import UnknownVariant, variant_named
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.logins import valid_login

router = APIRouter(include_in_schema=False)

FRESH: Final = "public, max-age=300, stale-while-revalidate=86400"
IfNoneMatch = Annotated[str | None, Header()]


@router.api_route("/og/{login}.jpg", methods=["GET", "HEAD"])
async def link_preview(login: str, opened: Opened, if_none_match: IfNoneMatch = None) -> Response:
    """Answer the profile's link preview, as JPEG where there is one."""
    return await _picture(opened, login, ("jpeg", "png", "webp"), if_none_match)


@router.get("/cards/{login}/{variant}")
async def drawn_card(login: str, variant: str, opened: Opened) -> HTMLResponse:
    """Answer the page a picture is taken of; nothing is fetched, only the fitting script runs."""
    try:
        canvas = variant_named(variant)
    except UnknownVariant as error:
        raise _missing() from error
    async with transaction(opened.sessions) as session:
        keys = await drawn_from(session, valid_login(login))
    if keys is None:
        raise _missing()
    view, avatar = keys
    card = Card.model_validate_json(await opened.objects.get(view))
    if avatar is not None:
        card = card.model_copy(update={"avatar": await _inlined(opened, avatar)})
    html = await asyncio.to_thread(render, canvas, card)
    return framed(html, FRESH)


@router.api_route("/{login}.png", methods=["GET", "HEAD"])
async def readme_picture(login: str, opened: Opened, if_none_match: IfNoneMatch = None) -> Response:
    """Answer the profile's link preview as PNG."""
    return await _picture(opened, login, ("png", "jpeg", "webp"), if_none_match)


def has_it(if_none_match: str | None, etag: str) -> bool:
    """Return whether a browser that sent this header holds the content of that tag."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or "*" in tags


async def _picture(
    opened: Resources, login: str, formats: tuple[str, ...], if_none_match: str | None
) -> Response:
    async with transaction(opened.sessions) as session:
        picture = await current_picture(session, valid_login(login), "og", formats)
    if picture is None:
        raise _missing()
    headers = {"ETag": f'"{picture.sha256}"', "Cache-Control": FRESH}
    if has_it(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    content = await opened.objects.get(picture.object_key)
    return Response(content, media_type=picture.mime, headers=headers)


async def _inlined(opened: Resources, key: str) -> str:
    mime = mime_of(key)
    return f"data:{mime};base64,{base64.b64encode(await opened.objects.get(key)).decode()}"


def _missing() -> Permanent:
    return Permanent("There is no such card yet.", code="profile_missing")
