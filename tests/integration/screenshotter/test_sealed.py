"""Nothing leaves the browser, and nothing runs in it, whatever a page contains."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from PIL import Image

from techub_cards.variants import variant_named
from techub_common.errors import Permanent, Transient
from techub_screenshotter.studio import Studio

from .conftest import page_with

OG = variant_named("og")
VISIBLE = "<p>text</p>"  # a page that shows nothing is no picture


@dataclass
class Trap:
    """A server that only counts who connects."""

    port: int = 0
    visitors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
async def trap() -> AsyncIterator[Trap]:
    """Give a trap on the loopback that nobody has walked into."""
    trap = Trap()

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trap.visitors.append((await reader.read(200)).decode("latin-1"))
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    trap.port = server.sockets[0].getsockname()[1]
    async with server:
        yield trap


@pytest.mark.parametrize(
    "body",
    [
        '<img src="{url}/image.png">',
        '<img srcset="{url}/image.png 2x" src="{upper}/image.png">',
        '<iframe src="{url}/frame"></iframe>',
        '<object data="{url}/object"></object><embed src="{url}/embed">',
        '<link rel="stylesheet" href="{url}/sheet.css">',
        "<style>@import '{url}/sheet.css';</style>",
        "<style>@font-face {{font-family: F; src: url({url}/f)}}</style><p style='font: 9px F'>a",
        '<div style="background: url({url}/background.png)">text</div>',
        '<video src="{url}/video.mp4" autoplay></video><audio src="{url}/a.mp3" autoplay></audio>',
        '<svg><image href="{url}/image.svg"/><use href="{url}/icons.svg#a"/></svg>',
        '<img src="http://[::ffff:127.0.0.1]:{port}/mapped.png">',
        '<img src="http://2130706433:{port}/decimal.png"><img src="http://localhost:{port}/n.png">',
    ],
)
async def test_requests_are_refused_and_counted(studio: Studio, trap: Trap, body: str) -> None:
    """What a page asks for is aborted and counted, and the page is drawn without it."""
    url = f"http://127.0.0.1:{trap.port}"
    hostile = body.format(url=url, upper=url.upper(), port=trap.port)

    picture = await studio.draw(page_with(VISIBLE + hostile), OG)

    assert picture.refused >= 1
    assert trap.visitors == []


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="preconnect" href="{url}"><link rel="dns-prefetch" href="{url}">',
        '<link rel="prefetch" href="{url}/next"><link rel="prerender" href="{url}/next">',
        '<base href="{url}/"><link rel="icon" href="icon.png">',
        '<script src="{url}/script.js"></script><script>fetch("{url}/fetch")</script>',
    ],
)
async def test_hints_open_no_connection(studio: Studio, trap: Trap, head: str) -> None:
    """Hints, icons and scripts reach nobody."""
    hostile = head.format(url=f"http://127.0.0.1:{trap.port}")

    await studio.draw(page_with("text", head=hostile), OG)
    await studio.draw(page_with("and the next picture"), OG)

    assert trap.visitors == []


async def test_page_that_wants_to_leave(studio: Studio, trap: Trap) -> None:
    """A page that sends the browser elsewhere gets nowhere, and spoils no later picture."""
    leave = f'<meta http-equiv="refresh" content="0;url=http://127.0.0.1:{trap.port}/">'
    with suppress(Permanent, Transient):  # its tab may be lost with it
        await studio.draw(page_with("bye", head=leave), OG)

    after = [await studio.draw(page_with("next"), OG) for _ in range(4)]

    assert len({picture.png for picture in after}) == 1
    assert trap.visitors == []


async def test_no_script_runs(studio: Studio) -> None:
    """No script of the page runs: neither inline, nor by an event, nor by an address."""
    red = "document.body.style.background='red'"
    hostile = (
        f'<script>{red}</script><img src="data:," onerror="{red}"><svg onload="{red}"></svg>'
        f'<iframe src="javascript:parent.{red}"></iframe><details open ontoggle="{red}"></details>'
    )

    picture = await studio.draw(page_with(hostile), OG)

    image = Image.open(io.BytesIO(picture.png)).convert("RGB")
    assert image.getpixel((1100, 600)) == (255, 255, 255)


async def test_files_stay_unread(studio: Studio) -> None:
    """A page cannot show a file of the machine."""
    hostile = '<iframe src="file:///etc/passwd" width="1000" height="500"></iframe>'
    empty = '<iframe src="file:///nowhere/at/all" width="1000" height="500"></iframe>'

    shown, blank = [await studio.draw(page_with(VISIBLE + html), OG) for html in (hostile, empty)]

    assert shown.png == blank.png
