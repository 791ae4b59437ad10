"""What a page says: title, description, text and links, whatever state it is in."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techub_generator.outbound import Fetched, Limits, Unfetched
from techub_generator.pages.page import LINKS, LONGEST_TEXT, Page, read, text_of
from techub_generator.pages.reader import Unreadable
from techub_generator.scrape import Scrape, scrape
from tests.unit.linear import FAR_TOO_LONG, processor_seconds

URL = "https://pip.example/about/"
PAGE = """<!doctype html><html><head><title> Pip &amp; tea </title>
<meta property="og:description" content="From the graph"><meta name="Description" content="Mine">
<link rel="canonical" href="/me"></head><body><nav>Menu</nav><header>Top</header>
<main><h1>Pip</h1><p>Keeps <b>lamps</b> lit.</p><script>alert(1)</script><style>p{}</style>
<noscript>No</noscript> mail pip@example.org</main><footer>Bottom</footer>
<a href="/x#part">x</a><a href="/x">again</a><a href="mailto:a@b.c">m</a>
<a href="javascript:1">j</a>
<a href="http://a:b@other.example/">k</a><a href="//other.example/y">y</a></body></html>"""


def fetched(content: bytes | str, kind: str = "text/html; charset=utf-8") -> Fetched:
    """Return a page that was fetched."""
    body = content if isinstance(content, bytes) else content.encode()
    return Fetched(URL, 200, kind, body)


def read_page(page: Fetched) -> Page:
    """Return what a page says."""
    return read(page.url, page.content_type, page.content)


class Door:
    """A door with one thing behind it."""

    def __init__(self, behind: Fetched | Unfetched) -> None:
        self.behind = behind
        self.asked: list[tuple[str, Limits]] = []

    async def fetch(self, address: str, limits: Limits) -> Fetched:
        """Give it, or fail."""
        self.asked.append((address, limits))
        if isinstance(self.behind, Unfetched):
            raise self.behind
        return self.behind


async def reads(page: Fetched) -> Page:
    """Read it here, as a process of its own does in service."""
    return read_page(page)


async def scraped(behind: Any, address: str = URL) -> Any:
    """Scrape what is behind the door."""
    return await scrape(Door(behind), reads, address)  # type: ignore[arg-type]


async def test_a_page() -> None:
    """Scripts, menus and addresses stay out; links are absolute, each once."""
    page = (await scraped(fetched(PAGE))).result

    assert (page.title, page.description) == ("Pip & tea", "Mine")
    assert page.canonical_url == "https://pip.example/me"
    assert page.text == "Pip Keeps lamps lit. mail [address]"
    assert page.links == ("https://pip.example/x", "https://other.example/y")
    assert (page.http_status, page.bytes) == (200, len(PAGE.encode()))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<p>Grüße</p>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<meta charset=latin1><p>Grüße</p>".encode("latin-1"), "text/html"),
        ("<p>Grüße</p>".encode(), "text/html; charset=never-heard-of"),
        ("<p>Grüße</p>".encode(), "text/html; charset=rot13"),
        ("<p>Grüße</p>".encode(), "text/html; charset=punycode"),
        (b"<meta charset=punycode>" + "<p>Grüße</p>".encode(), "text/html"),
        ("<p>Grüße</p>".encode("cp1252"), "text/html; charset=Windows-1252; x=y"),
        ("<p>Grüße</p>".encode("gb18030"), "text/html; charset=GB18030"),
        ("<p>Grüße</p>".encode("utf-16"), 'text/html; charset="utf-16"'),
    ],
)
def test_letters(body: bytes, kind: str) -> None:
    """A page is read in the encoding it names, else as UTF-8."""
    assert read_page(fetched(body, kind)).text == "Grüße"


def test_limits() -> None:
    """Text and links are kept to a bearable number."""
    links = "".join(f"<a href=/{number}>x</a>" for number in range(200))
    page = read_page(fetched(f"<body><p>{'word ' * 40_000}</p>{links}</body>"))

    assert LONGEST_TEXT - 10 < len(page.text) <= LONGEST_TEXT
    assert len(page.links) == LINKS


@pytest.mark.parametrize(
    "name",
    ["punycode", "idna", "utf-7", "unicode_escape", "gb18030", "iso-2022-jp", "x-user-defined"],
)
def test_no_encoding_is_a_long_job(name: str) -> None:
    """A page is decoded in proportion to its length, whatever encoding it names."""
    for body in (b"a-", b"-", b"\x1b$B", b"\\u", b"+", bytes(range(256))):
        page = body * (1_000_000 // len(body))
        for kind, content in (
            (f"text/html; charset={name}", page),
            ("text/html", f"<meta charset='{name}'>".encode() + page),
        ):
            work = processor_seconds(lambda kind=kind, content=content: text_of(kind, content))
            assert work < FAR_TOO_LONG


@pytest.mark.parametrize("piece", [b"<meta", b"<meta charset", b"<meta charset=", b" ", b"charset"])
def test_no_declaration_is_a_long_job(piece: bytes) -> None:
    """Nor is looking for the encoding's name, which may be cut off anywhere."""
    pages = [b"<meta" * 20 + b"charset=" + piece * 1024, piece * 1024]

    assert processor_seconds(lambda: [text_of("text/html", one) for one in pages * 20]) < 1.0


def test_masked_as_a_whole() -> None:
    """An address is masked wherever it stands, also where the text would be cut in pieces."""
    for before in range(1_980, 2_001):
        text = read_page(fetched(f"<p>{'x' * before} ada@analytical.example.org</p>")).text
        assert text.endswith(" [address]")


async def test_what_cannot_be_read() -> None:
    """A page out of reach is lost, something that is no page is skipped."""
    lost = await scraped(Unfetched("the other side answered 500"))
    skipped = await scraped(fetched(b"%PDF", "application/pdf"))

    assert lost.lost == "The page could not be read: the other side answered 500."
    assert (skipped.lost, skipped.skipped) == (None, True)
    assert lost.result == Scrape(url=URL)


async def test_what_is_too_much_to_read() -> None:
    """A page that was the end of its reader costs itself."""

    async def dies(_: Fetched) -> Page:
        raise Unreadable("reading it takes more than a page may")

    done = await scrape(Door(fetched(PAGE)), dies, URL)  # type: ignore[arg-type]

    assert done.lost == "The page could not be read: reading it takes more than a page may."
    assert done.result == Scrape(url=URL)


async def test_scheme() -> None:
    """An address without its scheme is asked for by https."""
    door = Door(fetched(PAGE))
    done = await scrape(door, reads, "pip.example")  # type: ignore[arg-type]

    assert done.result.url == door.asked[0][0] == "https://pip.example"
    assert door.asked[0][1].plain


@settings(deadline=None, max_examples=40)
@given(
    st.binary(max_size=300) | st.text("<>/=\"' abimgscript&;#", max_size=300), st.text(max_size=20)
)
def test_any_bytes(body: bytes | str, kind: str) -> None:
    """Whatever comes, something bearable is made of it."""
    page = read_page(fetched(body, f"text/html; charset={kind}"))

    assert len(page.text) <= LONGEST_TEXT
    assert "\x00" not in json.dumps(asdict(page))
