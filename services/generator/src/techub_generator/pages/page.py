"""What a page says, whatever state it is in; run by the worker, for a page may take for ever."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode
from webencodings import UTF8, decode, lookup

from techub_common.masking import mask
from techub_generator.prose import clean

LONGEST_TEXT: Final = 20_000
LONGEST_ADDRESS: Final = 2_000
LINKS: Final = 50
NOT_TEXT: Final = ["script", "style", "noscript", "template", "svg", "header", "footer", "nav"]
DECLARED: Final = 1024

_CHARSET: Final = re.compile(rb"""<meta[^<>]+?charset\s*=[\s"']*([\w.:-]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """Title, description, main text and links: clean, within bounds, absolute."""

    title: str | None = None
    description: str | None = None
    text: str = ""
    links: tuple[str, ...] = ()
    canonical_url: str | None = None


def read(url: str, content_type: str, content: bytes) -> Page:
    """Return what the page found at `url` says; scripts, menus and the like left out."""
    tree = LexborHTMLParser(text_of(content_type, content))
    links = tuple(_links(tree, url))
    described = _meta(tree, "name", "description") or _meta(tree, "property", "og:description")
    title = tree.css_first("title")
    canonical = tree.css_first('link[rel~="canonical"]')
    href = canonical.attributes.get("href") if canonical else None
    tree.strip_tags(NOT_TEXT)
    main = tree.css_first("main") or tree.css_first("article") or tree.body
    return Page(
        title=clean(title.text()) if title else None,
        description=clean(described),
        text=_flowing(main),
        links=links,
        canonical_url=_address(url, href),
    )


def text_of(content_type: str, content: bytes) -> str:
    """Decode the page as it says itself, by the Web's names of encodings alone; else as UTF-8.

    Python knows more of them, and some take time with the square of the page.
    """
    _, _, named = content_type.lower().partition("charset=")
    declared = _CHARSET.search(content[:DECLARED])
    labels = (
        named.partition(";")[0].strip(" \"'"),
        declared[1].decode("ascii", "replace") if declared else "",
    )
    found = (encoding for label in labels if (encoding := lookup(label)) is not None)
    return decode(content, next(found, UTF8), "replace")[0]


def _meta(tree: LexborHTMLParser, attribute: str, name: str) -> str | None:
    found = tree.css_first(f'meta[{attribute}="{name}" i]')
    return found.attributes.get("content") if found else None


def _flowing(node: LexborNode | None) -> str:
    """Return the text on one line; what is masked in it is looked for in the whole."""
    said = node.text(separator=" ") if node else ""
    return clean(mask(" ".join(said.split())), LONGEST_TEXT) or ""


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
