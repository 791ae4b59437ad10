"""Pages are read by a process that may die of one: nothing else stops, and nothing is left."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from techub_generator.outbound import Fetched
from techub_generator.pages import reader, worker
from techub_generator.pages.page import read
from techub_generator.pages.reader import PageReader, Unreadable

URL = "https://pip.example/about/"
PAGE = b"<title>Pip &amp; tea</title><main>Keeps lamps lit. \xf0\x9f\x95\xaf</main><a href=/x>x</a>"
MEGABYTE = 1_000_000
HOSTILE = {
    "attributes": b"<p " + b" ".join(b"a%d" % number for number in range(130_000)) + b">x",
    "depth": b"<div>" * (MEGABYTE // 5),
    "formatting": b"<a><b><i>" * (MEGABYTE // 9),
}


def fetched(content: bytes, kind: str = "text/html; charset=utf-8") -> Fetched:
    """Return a page that was fetched."""
    return Fetched(URL, 200, kind, content)


async def test_a_page() -> None:
    """What the process says is what the page says."""
    assert await PageReader()(fetched(PAGE)) == read(URL, "text/html; charset=utf-8", PAGE)


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_hostile_page(what: str) -> None:
    """A page that would take for ever is given up, everything else goes on, the next is read."""
    read_page, beats = PageReader(), 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.05)
            beats += 1

    heart = asyncio.create_task(beat())
    with pytest.raises(Unreadable):
        await read_page(fetched(HOSTILE[what]))
    heart.cancel()

    assert beats > 10
    assert (await read_page(fetched(PAGE))).title == "Pip & tea"


@pytest.mark.parametrize(
    ("name", "content"),
    [("text", b"word " * 200_000), ("tags", b"<li>x" * 200_000), ("rows", b"<tr><td>" * 125_000)],
)
async def test_a_large_page(name: str, content: bytes) -> None:
    """A page as large as we fetch them, and made of nothing but what pages are made of, is read."""
    page = await PageReader()(fetched(content))

    assert page.text or name == "rows"


async def test_what_the_process_may() -> None:
    """It has none of our environment, and may not write, work or grow without end."""
    told = (
        "import json, os, resource; from techub_generator.pages.worker import confine; confine();"
        "names = ('CPU', 'DATA', 'FSIZE', 'CORE');"
        "print(json.dumps([dict(os.environ), *(resource.getrlimit(getattr(resource,"
        " 'RLIMIT_' + name))[1] for name in names)]))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", told, stdout=-1, env=reader.ENVIRONMENT
    )
    said, _ = await process.communicate()
    environment, *limits = json.loads(said)

    assert not environment.keys() - {"MALLOC_ARENA_MAX", "LC_CTYPE"}
    assert limits == [worker.MOST_SECONDS, worker.MOST_MEMORY, 0, 0]


async def test_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs is ended when its time is over, or when nobody waits any more."""
    note = tmp_path / "pid"
    hangs = f"import os, time, pathlib; pathlib.Path({str(note)!r}).write_text(str(os.getpid()))\n"
    read_page = PageReader((sys.executable, "-I", "-c", f"{hangs}time.sleep(600)"))
    waiting = asyncio.create_task(read_page(fetched(PAGE)))
    while not (note.exists() and note.read_text()):
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not Path(f"/proc/{note.read_text()}").exists()

    monkeypatch.setattr(reader, "SECONDS", 1.0)
    with pytest.raises(Unreadable, match="longer than 1 s"):
        await read_page(fetched(PAGE))
    assert not Path(f"/proc/{note.read_text()}").exists()
