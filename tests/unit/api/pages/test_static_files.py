"""Static files: everything is ours, and its address changes with its content."""

import gzip
import re

import pytest

from techub_api.pages.families import family_name
from techub_api.pages.static_files import static_file, static_files, static_url
from techub_cards.palettes import FAMILIES
from techub_common.errors import Permanent

SHEET = static_files()["site.css"].content.decode()


def test_addresses_hold_a_hash() -> None:
    """Every file's address names its content."""
    for name, file in static_files().items():
        stem, suffix = name.rsplit(".", 1)
        assert re.fullmatch(rf"/static/{re.escape(stem)}\.[0-9a-f]{{12}}\.{suffix}", file.address)


def test_the_sheet_asks_only_us() -> None:
    """Whatever the style sheet fetches is a file of ours, by the address it has now."""
    ours = {file.address for file in static_files().values()}

    assert set(re.findall(r'url\("([^"]+)"\)', SHEET)) <= ours
    assert "http" not in SHEET
    assert "@import" not in SHEET


@pytest.mark.parametrize("archetype", FAMILIES)
def test_every_archetype_has_its_colours(archetype: str) -> None:
    """A page knows the hues of every archetype the cards know."""
    assert f'[data-family="{family_name(archetype)}"]' in SHEET


async def test_a_known_file() -> None:
    """A file is served for ever, and not sent again to whoever has it."""
    name = static_url("live.js").rsplit("/", 1)[1]
    first = await static_file(name)
    again = await static_file(name, first.headers["etag"])

    assert first.status_code == 200
    assert "immutable" in first.headers["cache-control"]
    assert first.headers["content-type"].startswith("text/javascript")
    assert again.status_code == 304


async def test_a_file_of_another_release() -> None:
    """An old address gives the file of today, and nobody keeps it under that name."""
    answer = await static_file("site.000000000000.css")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["site.css", "nothing.000000000000.css", "../routes.py", ".keep"])
async def test_anything_else(name: str) -> None:
    """What is not a file of ours is not there."""
    with pytest.raises(Permanent):
        await static_file(name)


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        (None, False),
    ],
)
async def test_packed_for_who_unpacks(accepts: str | None, packed: bool) -> None:
    """Text is sent packed to whoever unpacks it, under a tag of its own."""
    name = static_url("site.css").rsplit("/", 1)[1]
    answer = await static_file(name, accept_encoding=accepts)

    assert (answer.headers.get("content-encoding") == "gzip") is packed
    content = bytes(answer.body)
    assert (gzip.decompress(content) if packed else content) == SHEET.encode()
    assert answer.headers["vary"] == "Accept-Encoding"
    again = await static_file(name, answer.headers["etag"], accepts)
    other = await static_file(name, answer.headers["etag"], None if packed else "gzip")
    assert (again.status_code, other.status_code) == (304, 200)


async def test_faces_are_packed_already() -> None:
    """A typeface is sent as it is."""
    name = static_url("sans-basic.woff2").rsplit("/", 1)[1]

    assert "content-encoding" not in (await static_file(name, accept_encoding="gzip")).headers
