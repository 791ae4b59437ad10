"""A person's own page: its title, description, main text and links, for whoever writes the card."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from techub_generator.outbound import Limits, Outbound, Unfetched
from techub_generator.pages.reader import Reads, Unreadable
from techub_generator.profile import Fact
from techub_generator.prose import cut
from techub_generator.stages import Done

LIMITS: Final = Limits(size=1_000_000, seconds=10.0, cut=True, plain=True)
READABLE: Final = ("text/html", "application/xhtml+xml")


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


async def scrape(outbound: Outbound, reads: Reads, address: str) -> Done[Scrape]:
    """Return the page; one that cannot be had costs itself, one that is no page is skipped."""
    url = with_scheme(address)
    try:
        fetched = await outbound.fetch(url, LIMITS)
        kind = fetched.content_type.partition(";")[0].strip().lower()
        if kind not in READABLE:
            message = "There is no web page at this address."
            return Done(Scrape(url=url, content_type=cut(kind, 100)), message, skipped=True)
        page = await reads(fetched)
    except (Unfetched, Unreadable) as error:
        lost = f"The page could not be read: {error}."
        return Done(Scrape(url=url), lost, lost=lost)
    scraped = Scrape(
        **asdict(page),
        url=url,
        content_type=cut(fetched.content_type, 100),
        http_status=fetched.status,
        bytes=len(fetched.content),
        fetched_at=datetime.now(UTC),
    )
    return Done(scraped, f"Page read, {len(page.text):,} letters.")


def with_scheme(address: str) -> str:
    """Return the address; one that somebody typed without its scheme is https."""
    return address if "://" in address else f"https://{address}"
