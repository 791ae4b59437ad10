"""Addresses that stay: link previews, README pictures, downloads, and the card as a frame."""

import asyncio
import base64
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from techub_api.embeds.framing import framed
from techub_api.embeds.queries import Current, current_files, drawn_from, why_missing
from techub_api.embeds.standing_in import Missing, stand_in
from techub_api.pictures.addresses import elsewhere
from techub_api.pictures.serving import File, found_at, sent, wanted_formats
from techub_api.resources import Resources
from techub_api.wiring import Opened
from techub_cards.card import Card
from techub_cards.render import render
from techub_cards.variants import UnknownVariant, variant_named
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.logins import is_login, valid_login
from techub_common.storage import mime_of

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

FRESH: Final = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=86400"
FORMATS: Final = {"png": "png", "webp": "webp", "jpg": "jpeg", "jpeg": "jpeg", "avif": "avif"}
PREVIEW: Final = "og"
RESERVED: Final = frozenset({"apple-touch-icon", "apple-touch-icon-precomposed", "favicon"})
"""Names browsers ask for by themselves: nobody's card."""


@router.api_route("/og/{login}.jpg", methods=["GET", "HEAD"])
async def link_preview(login: str, opened: Opened, request: Request) -> Response:
    """Answer the profile's link preview: what the asker prefers, else JPEG where there is one."""
    return await _preview(opened, request, login, PREVIEW, ("jpeg", "png", "webp"))


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
async def readme_picture(login: str, opened: Opened, request: Request) -> Response:
    """Answer the profile's link preview: what the asker prefers, else PNG."""
    return await _of_somebody(opened, request, login, ("png", "jpeg", "webp"))


@router.api_route("/{login}.webp", methods=["GET", "HEAD"])
async def small_readme_picture(login: str, opened: Opened, request: Request) -> Response:
    """Answer the profile's link preview: what the asker prefers, else WebP."""
    return await _of_somebody(opened, request, login, ("webp", "png", "jpeg"))


@router.api_route("/pictures/{login}/{variant}.{extension}", methods=["GET", "HEAD"])
async def current_picture(
    login: str, variant: str, extension: str, opened: Opened, request: Request
) -> Response:
    """Answer the profile's newest picture of that canvas, under an address that stays."""
    form = FORMATS.get(extension.lower())
    try:
        canvas = variant_named(variant)
    except UnknownVariant as error:
        raise _missing() from error
    if form is None:
        raise _missing()
    return await _preview(opened, request, login, canvas.name, (form, "png", "webp"))


@router.api_route("/download/{login}/{variant}.{extension}", methods=["GET", "HEAD"])
async def download(
    login: str, variant: str, extension: str, opened: Opened, request: Request
) -> Response:
    """Answer a current picture to be saved, under a name that says whose and what it is."""
    form = FORMATS.get(extension.lower())
    pictures = await _current(opened, login, variant, (form,)) if form else []
    file = await _file(opened, pictures, name=f"{login.lower()}-{variant}.{extension.lower()}")
    if file is None:
        raise _missing()
    return sent(file, request.headers)


async def _of_somebody(
    opened: Resources, request: Request, login: str, otherwise: tuple[str, ...]
) -> Response:
    if login.lower() in RESERVED:
        raise _missing()
    return await _preview(opened, request, login, PREVIEW, otherwise)


async def _preview(
    opened: Resources, request: Request, login: str, variant: str, otherwise: tuple[str, ...]
) -> Response:
    """Answer the current picture, or a card that says why there is none: never a broken image."""
    formats = wanted_formats(request.headers.get("accept"), otherwise)
    if not is_login(login):
        return sent(stand_in(Missing.nobody, formats), request.headers)
    pictures = await _current(opened, login, variant, formats)
    if pictures and (address := elsewhere(opened.settings, pictures[0].object_key)):
        return found_at(address, FRESH, varies=True)
    file = await _file(opened, pictures, varies=True)
    if file is None:
        async with transaction(opened.sessions) as session:
            reason = await why_missing(session, login)
        file = stand_in(reason, formats)
    return sent(file, request.headers)


async def _current(
    opened: Resources, login: str, variant: str, formats: tuple[str, ...]
) -> list[Current]:
    login = valid_login(login)

    async def look() -> dict[str, Current]:
        async with transaction(opened.sessions) as session:
            return await current_files(session, login, variant)

    found = await opened.shelf.current(login, variant, look)
    return [found[form] for form in formats if form in found]


async def _file(
    opened: Resources, pictures: list[Current], *, name: str | None = None, varies: bool = False
) -> File | None:
    """Return the first of the pictures that is in the store; None when none is."""
    for picture in pictures:
        try:
            content = await opened.shelf.content(picture.object_key, opened.objects.get)
        except Permanent as error:
            if error.code != "object_missing":
                raise
            log.error("picture_missing", object_key=picture.object_key)  # noqa: TRY400  # one line
            continue
        etag = f'"{picture.sha256}"'
        return File(content, picture.mime, etag, FRESH, name=name, varies=varies)
    return None


async def _inlined(opened: Resources, key: str) -> str:
    mime = mime_of(key)
    return f"data:{mime};base64,{base64.b64encode(await opened.objects.get(key)).decode()}"


def _missing() -> Permanent:
    return Permanent("There is no such card yet.", code="profile_missing")
