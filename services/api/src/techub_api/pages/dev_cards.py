"""`/dev/cards`: every canvas of a sample person on one page, to judge the design by looking."""

import asyncio
from html import escape
from typing import Final, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from techub_api.embeds.framing import framed
from techub_api.pages.signing_in import in_development
from techub_cards.card import Card
from techub_cards.catalogue import ARCHETYPES, SPIRIT_ANIMALS
from techub_cards.render import render
from techub_cards.samples import sample
from techub_cards.torture import DOZEN
from techub_cards.variants import VARIANTS, UnknownVariant, Variant, variant_named
from techub_common.errors import Permanent

router = APIRouter(include_in_schema=False, dependencies=[Depends(in_development)])

SHOWN: Final = 560
"""How wide a canvas is shown, in pixels."""
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
NO_CACHE: Final = "no-store"
PEOPLE: Final = len(ARCHETYPES)
Theme = Literal["dark", "light"]


@router.get("/dev/cards")
async def contact_sheet(person: int = 0, theme: Theme = "dark") -> HTMLResponse:
    """Answer all canvases of one sample person, with links to the others."""
    people = [_link(f"{one}", one, theme) for one in range(PEOPLE + len(DOZEN))]
    links = " ".join([*people, *(_link(one, person, one) for one in ("dark", "light"))])
    frames = "".join(_frame(variant, person, theme) for variant in VARIANTS.values())
    return HTMLResponse(
        "<!doctype html><meta charset='utf-8'><title>TecHub: contact sheet</title><style>"
        "body{background:#222;color:#eee;font:14px sans-serif;margin:2rem}a{color:#9cf}"
        "figure{display:inline-block;margin:1rem 1rem 0 0;vertical-align:top}"
        "div{overflow:hidden}iframe{border:0;transform-origin:0 0}</style>"
        f"<p>{links}</p>{frames}",
        headers={"Content-Security-Policy": POLICY},
    )


@router.get("/dev/cards/{variant}")
async def sample_card(variant: str, person: int = 0, theme: Theme = "dark") -> HTMLResponse:
    """Answer one canvas of one sample person, as it would be photographed."""
    try:
        canvas = variant_named(variant)
    except UnknownVariant as error:
        raise Permanent(str(error), code="unknown_variant") from error
    html = await asyncio.to_thread(render, canvas, _somebody(person, theme))
    return framed(html, NO_CACHE)


def _somebody(person: int, theme: Theme) -> Card:
    """Return one of a person per archetype, and then of those with a troublesome name."""
    name = {"name": DOZEN[(person - PEOPLE) % len(DOZEN)]} if person >= PEOPLE else {}
    stat = 60 + person % 12 * 39 // 11
    return sample(
        login=f"sample-{person}",
        archetype=ARCHETYPES[person % len(ARCHETYPES)],
        spirit_animal=SPIRIT_ANIMALS[person * 5 % len(SPIRIT_ANIMALS)],
        attack=stat,
        speed=stat,
        theme=theme,
        **name,
    )


def _link(text: str, person: int, theme: str) -> str:
    return f'<a href="?person={person}&amp;theme={theme}">{text}</a>'


def _frame(variant: Variant, person: int, theme: str) -> str:
    scale = min(1.0, SHOWN / variant.width)
    width, height = round(variant.width * scale), round(variant.height * scale)
    address = escape(f"/dev/cards/{variant.name}?person={person}&theme={theme}")
    return (
        f'<figure><div style="width:{width}px;height:{height}px"><iframe loading="lazy" '
        f'title="{variant.name}" src="{address}" width="{variant.width}" height="{variant.height}" '
        f'style="transform:scale({scale:.4f})"></iframe></div>'
        f"<figcaption>{variant.name} {variant.width} x {variant.height}</figcaption></figure>"
    )
