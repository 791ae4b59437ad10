"""What is kept of a capture that failed, for whoever looks into it: private, for seven days.

The api's prune deletes what lies below `debug/` after that.
"""

from contextlib import suppress
from typing import Final
from uuid import UUID

from techub_common.errors import Permanent, TecHubError, Transient, code_of
from techub_common.storage import ObjectStore
from techub_screenshotter.captures import digest

DEBUG: Final = "debug/"
KEPT_DAYS: Final = 7


async def keep_evidence(
    objects: ObjectStore, run_id: UUID, variant: str, html: str, error: Permanent | Transient
) -> None:
    """Store the page, what it said and why it failed; a store that is away keeps nothing.

    The failure itself matters more than what is kept of it, and is told either way.
    """
    console = error.detail.get("console", ()) if isinstance(error, Permanent) else ()
    papers = {
        "page.html": (html, "text/html; charset=utf-8"),
        "console.txt": ("\n".join(console), "text/plain; charset=utf-8"),
        "error.txt": (f"{code_of(error)}: {error}", "text/plain; charset=utf-8"),
    }
    with suppress(TecHubError):
        for name, (text, mime) in papers.items():
            content = text.encode("utf-8", "replace")
            await objects.put(evidence_key(run_id, variant, name, digest(content)), content, mime)


def evidence_key(run_id: UUID, variant: str, name: str, sha256: str) -> str:
    """Return where a paper lies: outside of everything that is public, named by its content."""
    stem, _, ending = name.partition(".")
    return f"{DEBUG}{run_id}/{variant}/{stem}-{sha256[:12]}.{ending}"
