"""A page is one string that holds everything it shows and asks for nothing."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techub_cards.card import Card
from techub_cards.fit import SCRIPT
from techub_cards.fonts import faces, faces_for
from techub_cards.qr import qr_of
from techub_cards.render import TEMPLATE_VERSION, Stat, abilities_of, render
from techub_cards.samples import ADA, sample
from techub_cards.torture import TORTURE_NAMES
from techub_cards.variants import VARIANTS, Variant

MARKUP = '"><script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)>{{ 7 * 7 }}'
BARE = {
    name: ""
    for name, field in Card.model_fields.items()
    if field.annotation in (str, str | None) and name not in {"login", "avatar", "theme"}
} | {"avatar": None, "tags": (), "languages": (), "stars": 0, "followers": 0, "repositories": 0}

every_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=list(VARIANTS))


class Page(HTMLParser):
    """What a browser would find in a page: its elements, addresses and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.words: list[str] = []
        self._styled = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element and whatever it would fetch or run."""
        self.elements.append(tag)
        self._styled = tag == "style"
        for name, value in attrs:
            if name in {"src", "href", "srcset", "data", "action", "xlink:href"}:
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        """Note the words a reader sees."""
        if not self._styled:
            self.words.append(data)


@every_variant
def test_deterministic(variant: Variant) -> None:
    """The same card on the same canvas is the same page, to the letter."""
    assert render(variant, ADA) == render(variant, sample())


@every_variant
def test_escapes_markup(variant: Variant) -> None:
    """Words that look like markup are shown as words, in every field at once."""
    words = {name: MARKUP for name in BARE if isinstance(getattr(ADA, name), str)}
    page = Page(render(variant, sample(**words, tags=[MARKUP], languages=[MARKUP])))

    assert "script" not in page.elements
    assert "img" not in page.elements
    assert page.handlers == []
    assert "{{ 7 * 7 }}" in "".join(page.words)


@every_variant
@pytest.mark.parametrize("avatar", [None, "data:image/png;base64,iVBORw0KGgo="])
def test_fetches_nothing(variant: Variant, avatar: str | None) -> None:
    """No element, style or font points anywhere but into the page itself."""
    html = render(variant, sample(avatar=avatar))
    page = Page(html)

    assert all(address.startswith("data:image/") for address in page.addresses)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(page.elements)
    assert "@import" not in html
    for address in re.findall(r"url\(([^)]{0,30})", html):
        assert address.startswith(('"data:font/woff2;base64,', "#")), address


PLAYED = [
    variant for variant in VARIANTS.values() if not variant.sober and variant.template != "avatar"
]
SAID = {
    "cover": ("Ada Lovelace", "The First Compiler", "91", "84", "88"),
    "channel": ("Ada Lovelace", "The First Compiler", "91", "84", "88"),
    "back": ("Holographic", "No. 0042"),
}


@pytest.mark.parametrize("variant", PLAYED, ids=lambda variant: variant.name)
def test_says_what_a_card_says(variant: Variant) -> None:
    """Every played canvas names person, finish and origin; a front title, stats and traits."""
    words = " ".join("".join(Page(render(variant, ADA)).words).split())
    front = ("Ada Lovelace", "The First Compiler", "The Magician", "91", "84", "88", "Blue-ringed")

    for wanted in ("@ada-lovelace", "Holographic", "techub.life"):
        assert wanted in words
    for wanted in SAID.get(variant.template, front):
        assert wanted in words


@pytest.mark.parametrize("name", ["og_pro", "card_pro"])
def test_sober(name: str) -> None:
    """The editions for a résumé tell what is proven and nothing of the game."""
    words = " ".join("".join(Page(render(VARIANTS[name], ADA)).words).split())

    for wanted in ("Ada Lovelace", "@ada-lovelace · London", "12k", "250k", "84", "Rust", "Python"):
        assert wanted in words
    for game in ("Holographic", "Magician", "Octopus", "Attack", "First Compiler", "Note G", "♠"):
        assert game not in words


def test_avatar_has_no_words() -> None:
    """A picture for a circle carries signs: a face, the emblems, the index of the playing card."""
    page = Page(render(VARIANTS["x_profile_400"], ADA))

    assert [word.strip() for word in page.words if word.strip()] == ["Ada Lovelace", "AL", "Q"]


@pytest.mark.parametrize("name", ["card_pro", "ig_portrait_1080x1350", "tcg_back"])
def test_code(name: str) -> None:
    """The large canvases carry the profile's address as a square a telephone reads."""
    code = qr_of(ADA.profile_url)
    assert code is not None

    assert code.path in render(VARIANTS[name], ADA)
    assert code.path not in render(VARIANTS[name], sample(profile_url="https://other.example/a"))


def test_no_code() -> None:
    """An address that is missing or longer than a small square holds gives no code."""
    assert qr_of("") is None
    assert qr_of("https://example.org/" + "a" * 400) is None


@pytest.mark.parametrize("name", ["card", "tcg"])
def test_card_tells_everything(name: str) -> None:
    """The full cards have moves and what they mean, tags, languages, counts, number and date."""
    words = "".join(Page(render(VARIANTS[name], ADA)).words)

    for ability in abilities_of(ADA):
        assert ability.title in words
        assert ability.description in words
    for wanted in ("#mathematics", "Rust · Python", "12k stars", "250k followers", "84 repos"):
        assert wanted in words
    for wanted in ("No. 0042", "First edition", "23 Nov 2026", "techub.life"):
        assert wanted in words


@every_variant
def test_nothing_but_a_login(variant: Variant) -> None:
    """A card with no words at all still has a page, without holes like None."""
    words = "".join(Page(render(variant, sample(**(BARE | {"host": "techub.life"})))).words)

    assert "ada-lovelace" in words
    assert "None" not in words


@every_variant
@pytest.mark.parametrize("name", TORTURE_NAMES, ids=range(len(TORTURE_NAMES)))
def test_any_name(variant: Variant, name: str) -> None:
    """Every torture name is drawn, isolated from the text around it."""
    card = sample(name=name)
    html = render(variant, card)

    shown = re.findall(r'<bdi class="name" dir="auto"[^>]*>([^<]+)</bdi>', html)
    assert len(shown) == (variant.template not in {"avatar", "back"})
    assert card.name in "".join(Page(html).words)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text(name: str, title: str) -> None:
    """No text adds or removes an element."""
    plain = Page(render(VARIANTS["simple"], ADA)).elements
    odd = Page(render(VARIANTS["simple"], sample(name=name, title=title))).elements

    assert odd.count("bdi") == plain.count("bdi")
    assert set(odd) == set(plain)


def test_plain_page_is_small() -> None:
    """A Latin card inlines the three everyday faces only, 150 KB of base64 at most."""
    used = faces_for("Ada Lovelace, programmer")
    fonts = re.findall(r"base64,([A-Za-z0-9+/=]+)", render(VARIANTS["og"], ADA))

    assert [face.file for face in used] == [
        "sans-latin.woff2",
        "display-latin.woff2",
        "serif-latin.woff2",
    ]
    assert sum(map(len, fonts)) < 150_000


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("Łukasz", "sans-latin-ext.woff2"),
        ("Nguyễn", "sans-vietnamese.woff2"),
        ("Владимир", "world-cyrillic.woff2"),
        ("Ελένη", "world-greek.woff2"),
        ("ليلى", "world-arabic.woff2"),
        ("דוד", "world-hebrew.woff2"),
        ("कृष्ण", "world-devanagari.woff2"),
        ("สมชาย", "world-thai.woff2"),
        ("★", "symbols.woff2"),
    ],
)
def test_faces_follow_the_text(text: str, file: str) -> None:
    """A script brings its face along, and only then."""
    assert file in {face.file for face in faces_for(text)}
    assert file not in {face.file for face in faces_for("Ada")}


def test_faces_are_committed() -> None:
    """Each face in the table is a WOFF2 file in the package."""
    assert len(faces()) == len({face.file for face in faces()})
    assert all(face.ranges for face in faces())


def test_pips() -> None:
    """One pip is lit at 60, all ten at 99."""
    lit = [Stat("speed", "Speed", value).pips for value in (60, 64, 80, 95, 96, 99)]

    assert lit == [1, 2, 6, 9, 10, 10]


def test_template_version() -> None:
    """The version of the templates is a short fingerprint."""
    assert re.fullmatch(r"[0-9a-f]{16}", TEMPLATE_VERSION)


def test_fit_script() -> None:
    """The script is one expression that says which variant is ready."""
    assert SCRIPT.rstrip().endswith("})()")
    assert "dataset.ready = root.dataset.variant" in SCRIPT
