"""Templates: what people write is text, and nothing in a page runs or is styled inline."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import UndefinedError

from techub_api.accounts.tables import User
from techub_api.pages import TEMPLATES
from techub_api.pages.answers import POLICY, answer, environment
from techub_api.pages.charts import bars_of, calendar_of
from techub_api.pages.frames import artworks, frames
from techub_api.pages.portrait import Activity, Contributions, Elsewhere, Tab
from techub_api.pages.profile import described
from techub_api.pages.showcase import showcase
from techub_api.pages.submitting import Draft
from techub_api.pages.visitors import Visitor
from techub_api.profiles.details import (
    ProfileActivity,
    ProfileOrganization,
    ProfileRepository,
    ProfileSocialAccount,
)
from techub_api.profiles.queries import ProfileShown
from techub_api.profiles.tables import Card as WrittenCard
from techub_api.profiles.tables import Profile
from techub_api.runs.queries import PictureShown
from techub_api.settings import Settings
from techub_cards.card import Card
from tests.unit.api.pages.conftest import request_to

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>"
each_template = pytest.mark.parametrize(
    "template",
    sorted(TEMPLATES.rglob("*.html")),
    ids=lambda path: str(path.relative_to(TEMPLATES)),
)
VISITOR = Visitor(User(id=uuid4(), login="ada"), "mark")
INLINE = re.compile(
    r"<script(?![^>]*\s(src=|type=\"application/ld\+json\"))|\sstyle=|\son[a-z]+=|javascript:|<style",
    re.IGNORECASE,
)


def hostile_profile() -> ProfileShown:
    """Return a profile whose owner filled every field with markup."""
    picture = PictureShown(
        variant="og",
        format="png",
        url="https://techub.test/generated/x/og-1.png",
        bytes=1,
        width=1200,
        height=630,
        mime="image/png",
    )
    return ProfileShown(
        login="mallory",
        name=HOSTILE,
        bio=HOSTILE,
        location=HOSTILE,
        followers=1,
        stars=1,
        repositories=1,
        languages=[HOSTILE],
        summary=HOSTILE,
        number=1,
        status="success",
        avatar_key=None,
        synced_at=datetime.now(UTC),
        card={},
        provenance={},
        reasons={"attack": HOSTILE},
        pictures=[picture],
        newest_run_id=None,
        newest_run_status=None,
    )


def hostile_card() -> Card:
    """Return a card whose every text is markup."""
    texts = {
        name: HOSTILE
        for name, field in Card.model_fields.items()
        if field.annotation in (str, str | None) and name != "avatar"
    }
    return Card.model_validate(
        texts
        | {
            "attack": 60,
            "defense": 70,
            "speed": 99,
            "tags": [HOSTILE],
            "languages": [HOSTILE],
            "stars": 1,
            "followers": 1,
            "repositories": 1,
            "number": 1,
            "as_of": date(2026, 11, 23),
        }
    )


def rendered(settings: Settings, template: str, **shown: Any) -> str:
    """Return the page's text."""
    page = answer(request_to("/"), settings, VISITOR, template, **shown)
    return bytes(page.body).decode()


class Wild(HTMLParser):
    """Collects whatever in a page would run or be styled inline."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note scripts, styles, handlers and pictures from nowhere."""
        given = dict(attrs)
        data = given.get("type") == "application/ld+json"
        script = tag == "script" and not given.get("src") and not data
        if tag == "style" or script or given.get("src") == "x":
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith("on")]


def assert_tame(html: str) -> None:
    """Fail when something in the page would run or be styled inline."""
    wild = Wild()
    wild.feed(html)

    assert wild.found == []


def hostile_account() -> Profile:
    """Return the row of an account whose owner filled every field with markup."""
    return Profile(
        id=uuid4(),
        login="mallory",
        display_login="mallory",
        kind="User",
        name=HOSTILE,
        bio=HOSTILE,
        company=HOSTILE,
        location=HOSTILE,
        blog="javascript:alert(1)",
        html_url="javascript:alert(2)",
        following=1,
        public_gists=1,
        listed=True,
        hireable=True,
        sync_error=HOSTILE,
    )


def hostile_tab(tab: Tab) -> dict[str, Any]:
    """Return what the tab shows beyond the card, all of it markup."""
    somewhere = {"profile_id": uuid4()}
    repository = ProfileRepository(
        **somewhere,
        role="top",
        full_name=HOSTILE,
        name=HOSTILE,
        description=HOSTILE,
        html_url="javascript:alert(3)",
        language=HOSTILE,
        topics=[HOSTILE],
        stars=1,
        forks=1,
        archived=True,
        fork=True,
    )
    organization = ProfileOrganization(**somewhere, github_id=1, login=HOSTILE, name=HOSTILE)
    account = ProfileSocialAccount(
        **somewhere, provider=HOSTILE, url="javascript:alert(4)", display_name=HOSTILE
    )
    known = ProfileActivity(
        **somewhere, total_events=1, event_breakdown={HOSTILE: 1}, recent_repos=[HOSTILE]
    )
    activity = Activity(
        known=known,
        contributions=Contributions(window_days=90, total=3),
        calendar=calendar_of(date(2026, 11, 1), [0, 3]),
        events=bars_of({HOSTILE: 1}),
        languages=bars_of({HOSTILE: 1}),
        by_size=True,
        trends=[],
    )
    written = WrittenCard(
        traits={}, provenance={"model": HOSTILE, "provider": "x"}, written_at=datetime.now(UTC)
    )
    shown: dict[Tab, dict[str, Any]] = {
        Tab.overview: {"elsewhere": Elsewhere([organization], [account])},
        Tab.pictures: {"made": {}},
        Tab.repositories: {"repositories": {"Most starred": [repository]}},
        Tab.activity: {"activity": activity},
        Tab.traits: {"reasons": {"attack": HOSTILE, "archetype": HOSTILE}, "judged": True},
        Tab.status: {"written": written, "history": []},
    }
    return shown[tab]


DRAWN = [
    PictureShown(
        variant="avatar_3x1",
        format="jpeg",
        url="https://techub.test/generated/pip/avatar_3x1-0123456789ab.jpg",
        bytes=5,
        width=768,
        height=329,
        mime="image/jpeg",
    )
]


@pytest.mark.parametrize("tab", Tab)
def test_a_hostile_profile(settings: Settings, tab: Tab) -> None:
    """Markup in whatever GitHub or a model says is shown, not run; no link leads to a script."""
    profile, account = hostile_profile(), hostile_account()
    show = showcase(hostile_card())
    html = rendered(
        settings,
        "profile.html",
        profile=profile,
        account=account,
        show=show,
        frames=frames(profile.pictures),
        artworks=artworks(DRAWN),
        run=None,
        signs=[],
        tab=tab,
        tabs=list(Tab),
        described=described(settings, account, profile, show),
        **hostile_tab(tab),
    )

    assert "&lt;script&gt;alert(1)" in html
    assert "javascript:" not in html
    assert_tame(html)


def test_a_hostile_draft(settings: Settings) -> None:
    """What was typed into the form comes back as text."""
    draft = Draft(login=HOSTILE, scrape_url=HOSTILE, repositories=[HOSTILE])
    html = rendered(settings, "submit.html", draft=draft, errors={"login": HOSTILE}, standing=None)

    assert html.count("&lt;script&gt;alert(1)") == 4
    assert_tame(html)


def test_a_hostile_address(settings: Settings) -> None:
    """What is wrong is said as text."""
    assert_tame(rendered(settings, "profile_missing.html", login=HOSTILE))
    assert_tame(rendered(settings, "error.html", code=404, headline=HOSTILE, sentence=HOSTILE))


@each_template
def test_nothing_inline(template: Path) -> None:
    """No template holds a script, a style or a handler of its own, or marks anything as safe."""
    text = template.read_text(encoding="utf-8")

    assert INLINE.search(text) is None
    assert re.search(r"\|\s*safe\b", text) is None
    assert re.search(r"(src|href)=\"https?://(?!github\.com/)", text) is None


@each_template
def test_every_post_form_carries_a_token(template: Path) -> None:
    """A form that changes something carries what tells it from a forged one.

    One that posts to its own address stands behind a signed link: that is its token.
    """
    text = template.read_text(encoding="utf-8")
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL)
    unsigned = [form for form in forms if 'action="{{ path }}"' not in form]

    assert all("{{ token() }}" in form for form in unsigned)
    assert unsigned == forms or template.name in {"confirm.html", "unsubscribe.html"}


def test_the_policy_allows_nothing_inline() -> None:
    """The policy on every page forbids what the templates do not do."""
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY


def test_templates_are_strict() -> None:
    """A name a template is not given is an error, not an empty place."""
    with pytest.raises(UndefinedError):
        environment().from_string("{{ missing }}").render()
