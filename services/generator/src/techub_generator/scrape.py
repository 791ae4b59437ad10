"""A person's own page: its title, description, main text and links, for whoever writes the card."""

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from techub_generator.outbound import Fetched, Limits, Outbound, Unfetched
from techub_generator.profile import Fact
from techub_generator.prose import clean, cut
from techub_generator.stages import Done

LIMITS: Final = Limits(size=2_000_000, seconds=10.0, cut=True, plain=True)
READABLE: Final = ("text/html", "application/xhtml+xml")
LONGEST_TEXT: Final = 20_000
LONGEST_ADDRESS: Final = 2_000
LINKS: Final = 50
NOT_TEXT: Final = ["script", "style", "noscript", "template", "svg", "header", "footer", "nav"]
DECLARED: Final = 1024

_CHARSET: Final = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)


class Scrape(Fact):
    """The JSON of `runs/<run_id>/record_submitted_scrape.json`; without `fetched_at`, nothing."""

    url: str
    canonical_url: str | None = None
    title: str | None = None
    description: str | None = None
    text: str = ""
    links: tuple[str, ...] = ()
    content_type: str | None = None
    http_status: int | None = None
    bytes: int = 0
    fetched_at: datetime | None = None


async def scrape(outbound: Outbound, address: str) -> Done[Scrape]:
    """Return the page; one that cannot be had costs itself, one that is no page is skipped."""
    url = with_scheme(address)
    try:
        fetched = await outbound.fetch(url, LIMITS)
    except Unfetched as error:
        lost = f"The page could not be read: {error}."
        return Done(Scrape(url=url), lost, lost=lost)
    kind = fetched.content_type.partition(";")[0].strip().lower()
    if kind not in READABLE:
        message = "There is no web page at this address."
        return Done(Scrape(url=url, content_type=cut(kind, 100)), message, skipped=True)
    page = read_page(url, fetched)
    return Done(page, f"Page read, {len(page.text):,} letters.")


def with_scheme(address: str) -> str:
    """Return the address; one that somebody typed without its scheme is https."""
    return address if "://" in address else f"https://{address}"


def read_page(url: str, fetched: Fetched) -> Scrape:
    """Return what a page says; scripts, menus and the like left out."""
    tree = LexborHTMLParser(_text(fetched))
    links = tuple(_links(tree, fetched.url))
    described = _meta(tree, "name", "description") or _meta(tree, "property", "og:description")
    title = tree.css_first("title")
    canonical = tree.css_first('link[rel~="canonical"]')
    href = canonical.attributes.get("href") if canonical else None
    tree.strip_tags(NOT_TEXT)
    main = tree.css_first("main") or tree.css_first("article") or tree.body
    return Scrape(
        url=url,
        canonical_url=_address(fetched.url, href),
        title=clean(title.text()) if title else None,
        description=clean(described),
        text=_flowing(main),
        links=links,
        content_type=cut(fetched.content_type, 100),
        http_status=fetched.status,
        bytes=len(fetched.content),
        fetched_at=datetime.now(UTC),
    )


def _text(fetched: Fetched) -> str:
    """Decode the page as it says itself, else as UTF-8; nothing that is said breaks it."""
    _, _, named = fetched.content_type.lower().partition("charset=")
    declared = _CHARSET.search(fetched.content[:DECLARED])
    for name in (named.strip(" \"';"), declared[1].decode("ascii") if declared else ""):
        try:
            if name and codecs.lookup(name)._is_text_encoding:  # noqa: SLF001  # not rot13
                return fetched.content.decode(name, "replace")
        except (LookupError, ValueError):
            continue
    return fetched.content.decode("utf-8", "replace")


def _meta(tree: LexborHTMLParser, attribute: str, name: str) -> str | None:
    found = tree.css_first(f'meta[{attribute}="{name}" i]')
    return found.attributes.get("content") if found else None


def _flowing(node: LexborNode | None) -> str:
    said = node.text(separator=" ") if node else ""
    pieces: list[str] = []
    room = LONGEST_TEXT
    for begin in range(0, min(len(said), 4 * LONGEST_TEXT), 2_000):
        piece = clean(said[begin : begin + 2_000])
        if piece and room > 0:
            pieces.append(piece)
            room -= len(piece) + 1
    return " ".join(pieces)[:LONGEST_TEXT]


def _links(tree: LexborHTMLParser, base: str) -> Iterator[str]:
    seen: set[str] = set()
    for anchor in tree.css("a[href]"):
        address = _address(base, anchor.attributes.get("href"))
        if address and address not in seen:
            seen.add(address)
            yield address
        if len(seen) == LINKS:
            return


def _address(base: str, href: str | None) -> str | None:
    """Return an absolute web address without its fragment; None for anything else."""
    try:
        address = urljoin(base, (href or "").strip()).partition("#")[0]
        parts = urlsplit(address)
    except ValueError:
        return None
    fit = href and parts.scheme in ("http", "https") and parts.hostname and not parts.username
    return address if fit and len(address) <= LONGEST_ADDRESS else None
