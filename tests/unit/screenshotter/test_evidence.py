"""What is kept of a capture that failed."""

from pathlib import Path
from uuid import UUID

import pytest

from techub_common.errors import Away, Permanent, Transient
from techub_common.storage import FolderStore, is_public
from techub_screenshotter.evidence import evidence_key, keep_evidence

RUN = UUID("6f1d6d6e-3a53-4b46-9a43-0d3f2c9f4c11")
FAILED = Permanent("og shows nothing", code="render_failed", detail={"console": ["warning: hm"]})


class _Gone(FolderStore):
    """A store that does not answer."""

    async def put(self, key: str, content: bytes, mime: str) -> None:
        """Raise Away."""
        del content, mime
        raise Away(key)


async def test_papers(tmp_path: Path) -> None:
    """The page, what it said and the error are kept, privately, each named by its content."""
    await keep_evidence(FolderStore(tmp_path), RUN, "og", "<p>page", FAILED)

    papers = {path.name.partition("-")[0]: path for path in tmp_path.rglob("*.*")}
    assert papers["page"].read_text() == "<p>page"
    assert papers["console"].read_text() == "warning: hm"
    assert papers["error"].read_text() == "render_failed: og shows nothing"
    assert not any(is_public(str(path.relative_to(tmp_path))) for path in papers.values())


async def test_lost_browser(tmp_path: Path) -> None:
    """Of a browser that is gone only the page and the reason are left."""
    await keep_evidence(
        FolderStore(tmp_path), RUN, "og", "page", Transient("gone", code="chromium_failed")
    )

    assert {path.read_text() for path in tmp_path.rglob("*.txt")} == {"", "chromium_failed: gone"}


async def test_store_is_away() -> None:
    """A store that is away keeps nothing and hides no failure."""
    await keep_evidence(_Gone(Path("/nowhere")), RUN, "og", "page", FAILED)


@pytest.mark.parametrize("name", ["page.html", "error.txt"])
def test_key(name: str) -> None:
    """A paper lies below the run and the variant."""
    key = evidence_key(RUN, "og", name, "0123456789abcdef")
    stem, ending = name.split(".")

    assert key == f"debug/{RUN}/og/{stem}-0123456789ab.{ending}"
