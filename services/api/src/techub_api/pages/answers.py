"""Turns a template into an answer: one environment, one policy, one place that sets them."""

import gzip
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from techub_api.accounts.cookies import keep_cookie
from techub_api.accounts.github import GitHubSignIn
from techub_api.pages import words
from techub_api.pages.bylines import byline_of, drawn_by
from techub_api.pages.families import family_name
from techub_api.pages.frames import label_of
from techub_api.pages.static_files import static_url, takes_gzip
from techub_api.pages.visitors import FORM_COOKIE, TOKEN_FIELD, Visitor, form_token, new_mark
from techub_api.settings import Settings
from techub_cards.colours import oklch
from techub_cards.emblems import animal_path, archetype_path, mark_path
from techub_cards.palettes import language_hue
from techub_cards.text import short_count
from techub_cards.tiers import ANIMAL_WORTH, RANK_WORTH, TIERS, score_of
from techub_common.settings import AppEnv

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie, Accept-Encoding",
}
NOBODY: Final = Visitor(user=None, mark=None)


def answer(
    request: Request,
    settings: Settings,
    visitor: Visitor,
    template: str,
    *,
    status: int = 200,
    **shown: object,
) -> HTMLResponse:
    """Return the page; a browser that gets its first form gets the cookie that goes with it."""
    mark = visitor.mark or new_mark()
    user_id = visitor.user.id if visitor.user else None
    forms = []

    def token() -> str:
        forms.append(template)
        return form_token(settings, mark, user_id)

    html = (
        environment()
        .get_template(template)
        .render(
            {
                **shown,
                "user": visitor.user,
                "token": token,
                "token_field": TOKEN_FIELD,
                "app_host": settings.app_host,
                "path": request.url.path,
                "github_sign_in": GitHubSignIn(settings).is_open,
                "access": settings.access_policy,
                "development": settings.app_env is AppEnv.development,
            }
        )
    )
    response = packed(request, settings, html, status=status, holds_form=bool(forms))
    if forms and visitor.mark is None:
        keep_cookie(response, settings, FORM_COOKIE, mark)
    return response


def packed(
    request: Request, settings: Settings, html: str, *, status: int = 200, holds_form: bool
) -> HTMLResponse:
    """Return the page under the policy of pages, packed where that gives nothing away."""
    headers = {"Content-Security-Policy": policy_for(settings), **HEADERS}
    content: str | bytes = html
    if not holds_form and takes_gzip(request.headers.get("accept-encoding")):
        # A page with a token is never packed: its length would tell of what is in it.
        content = gzip.compress(html.encode(), 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(content, status, headers=headers)


def policy_for(settings: Settings) -> str:
    """Return what a page may do: pictures also from the public store, and forms on to GitHub.

    A browser holds the redirect that follows a form to the form's policy, too.
    """
    policy = POLICY
    if settings.public_base_url:
        policy = policy.replace(
            "img-src 'self'", f"img-src 'self' {_host(settings.public_base_url)}"
        )
    if GitHubSignIn(settings).is_open:
        github = _host(settings.github_web_url)
        policy = policy.replace("form-action 'self'", f"form-action 'self' {github}")
    return policy


def _host(address: str) -> str:
    place = urlsplit(address)
    return f"{place.scheme}://{place.netloc}"


@cache
def environment() -> Environment:
    """Return the environment of every template: escaped, and strict about what it is given."""
    made = Environment(
        loader=PackageLoader("techub_api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        bare=words.bare,
        browser=words.browser,
        byline=byline_of,
        drawn_by=drawn_by,
        clock=words.clock,
        day=words.day,
        duration=words.duration,
        family=family_name,
        label=label_of,
        month=words.month,
        ordinal=words.ordinal,
        outcome=words.outcome,
        safe_link=words.safe_link,
        short=short_count,
        size=words.size,
        spot=spot,
    )
    made.globals.update(
        rank_worth=RANK_WORTH, animal_worth=ANIMAL_WORTH, score_of=score_of, tiers=TIERS
    )
    made.globals.update(
        static=static_url, archetype=archetype_path, animal=animal_path, mark=mark_path
    )
    return made


def spot(language: str) -> str:
    """Return the colour of a language's spot, one that stands out by day and by night."""
    return oklch(0.66, 0.15, language_hue(language))
