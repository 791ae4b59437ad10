"""`/profiles/{login}`: the card first, and behind it everything that is known, a tab at a time."""

import json
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from techub_api.pages import portrait
from techub_api.pages.answers import answer
from techub_api.pages.frames import artworks, frames, smallest
from techub_api.pages.portrait import Tab
from techub_api.pages.showcase import Showcase, showcase
from techub_api.pages.timeline import signs
from techub_api.pages.visitors import Looking
from techub_api.pages.words import safe_link
from techub_api.pictures.assets import show_assets
from techub_api.profiles.actions import view_of
from techub_api.profiles.keeping import may_see
from techub_api.profiles.queries import ProfileShown, show_profile
from techub_api.profiles.refreshing import visited
from techub_api.profiles.tables import Card, Profile
from techub_api.runs.queries import show_run
from techub_api.settings import Settings
from techub_api.wiring import Opened
from techub_common.database import transaction
from techub_common.errors import Permanent
from techub_common.logins import valid_login

router = APIRouter(include_in_schema=False)

_TEXT_SAFE: Final = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


@router.get("/profiles/{login}")
async def see_profile(
    login: str, request: Request, opened: Opened, visitor: Looking, tab: Tab = Tab.overview
) -> HTMLResponse:
    """Answer the profile with its card; a friendly page for one nobody has made yet."""
    try:
        login = valid_login(login)
    except Permanent as error:
        raise HTTPException(404, "No GitHub login looks like this.") from error
    settings = opened.settings
    shown = partial(answer, request, settings, visitor)
    async with transaction(opened.sessions) as session:
        profile = await session.scalar(select(Profile).where(Profile.login == login.lower()))
        seen = profile is not None and await may_see(session, visitor.user, login)
        facts = await show_profile(session, login, settings) if seen else None
        if profile is None or facts is None:
            return shown("profile_missing.html", status=404, login=login)
        await visited(session, facts.login, facts.synced_at)
        view = await view_of(session, profile, settings.app_host)
        card = showcase(view) if view else None
        run = (
            await show_run(session, facts.newest_run_id, settings) if facts.newest_run_id else None
        )
        told = await _told(session, profile, tab, settings) if card else {}
    return shown(
        "profile.html",
        profile=facts,
        account=profile,
        show=card,
        frames=frames(facts.pictures),
        artworks=artworks(facts.pictures),
        run=run,
        signs=signs(run.error.detail) if run and run.error else [],
        tab=tab,
        tabs=list(Tab),
        described=described(settings, profile, facts, card) if card else None,
        **told,
    )


async def _told(
    session: AsyncSession, profile: Profile, tab: Tab, settings: Settings
) -> dict[str, Any]:
    """Return what this tab shows beyond the card, read for nobody who does not look at it."""
    if tab is Tab.overview:
        return {"elsewhere": await portrait.elsewhere_of(session, profile.id)}
    if tab is Tab.pictures:
        files = await show_assets(session, profile.display_login, settings)
        return {"made": smallest(files.assets) if files else {}}
    if tab is Tab.repositories:
        return {"repositories": await portrait.repositories_of(session, profile.id)}
    if tab is Tab.activity:
        return {"activity": await portrait.activity_of(session, profile.id)}
    written = await session.get_one(Card, profile.id)
    if tab is Tab.traits:
        judged = written.provenance.get("provider") not in {None, "heuristics"}
        return {"reasons": written.reasons, "judged": judged}
    return {
        "written": written,
        "history": await portrait.history_of(session, profile.id),
    }


def described(settings: Settings, profile: Profile, facts: ProfileShown, card: Showcase) -> Markup:
    """Return the page for machines (schema.org), safe to stand inside a script element."""
    address = f"{settings.app_host}/profiles/{profile.login}"
    known = [profile.html_url, profile.blog]
    person: dict[str, object] = {
        "@type": "Organization" if profile.kind == "Organization" else "Person",
        "name": card.card.name,
        "alternateName": f"@{facts.login}",
        "description": card.card.tagline or card.card.flavor_text,
        "url": address,
        "image": f"{settings.app_host}/og/{profile.login}.jpg",
        "sameAs": [link for link in map(safe_link, known) if link],
        "knowsAbout": list(card.card.languages),
    }
    page = {
        "@context": "https://schema.org",
        "@type": "ProfilePage",
        "url": address,
        "dateModified": card.card.as_of.isoformat(),
        "mainEntity": person,
    }
    return Markup(json.dumps(page, ensure_ascii=False).translate(_TEXT_SAFE))  # noqa: S704  # < > & are escaped
