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
from techub_api.pages.frames import frames
from techub_api.pages.showcase import showcase
from techub_api.pages.submitting import Draft
from techub_api.pages.visitors import Visitor
from techub_api.profiles.queries import ProfileShown
from techub_api.runs.queries import PictureShown
from techub_api.settings import Settings
from techub_cards.card import Card
from tests.unit.api.pages.conftest import request_to

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>"
VISITOR = Visitor(User(id=uuid4(), login="ada"), "mark")
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:|<style", re.IGNORECASE
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
        if tag == "style" or (tag == "script" and not given.get("src")) or given.get("src") == "x":
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith("on")]


def assert_tame(html: str) -> None:
    """Fail when something in the page would run or be styled inline."""
    wild = Wild()
    wild.feed(html)

    assert wild.found == []


def test_a_hostile_profile(settings: Settings) -> None:
    """Markup in names, titles, tags and languages is shown, not run."""
    profile = hostile_profile()
    html = rendered(
        settings,
        "profile.html",
        profile=profile,
        show=showcase(hostile_card()),
        frames=frames(profile.pictures),
        made={},
        run=None,
        signs=[],
    )

    assert "&lt;script&gt;alert(1)" in html
    assert_tame(html)


def test_a_hostile_draft(settings: Settings) -> None:
    """What was typed into the form comes back as text."""
    draft = Draft(login=HOSTILE, scrape_url=HOSTILE, repositories=[HOSTILE])
    html = rendered(settings, "submit.html", draft=draft, errors={"login": HOSTILE}, existing=None)

    assert html.count("&lt;script&gt;alert(1)") == 4
    assert_tame(html)


def test_a_hostile_address(settings: Settings) -> None:
    """What is wrong is said as text."""
    assert_tame(rendered(settings, "profile_missing.html", login=HOSTILE))
    assert_tame(rendered(settings, "error.html", code=404, headline=HOSTILE, sentence=HOSTILE))


@pytest.mark.parametrize("template", sorted(TEMPLATES.iterdir()), ids=lambda path: path.name)
def test_nothing_inline(template: Path) -> None:
    """No template holds a script, a style or a handler of its own, or marks anything as safe."""
    text = template.read_text(encoding="utf-8")

    assert INLINE.search(text) is None
    assert "|safe" not in text.replace(" ", "")
    assert re.search(r"(src|href)=\"https?://(?!github\.com/)", text) is None


@pytest.mark.parametrize("template", sorted(TEMPLATES.iterdir()), ids=lambda path: path.name)
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
