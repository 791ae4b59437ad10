"""Nothing leaves the browser, and nothing runs in it, whatever a page contains."""

import asyncio
import io
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from techub_cards.render import render
from techub_cards.samples import sample
from techub_cards.variants import VARIANTS, variant_named
from techub_common.errors import Permanent, Transient
from techub_screenshotter.browser import open_browser
from techub_screenshotter.studio import Studio

from .conftest import page_with

OG = variant_named("og")
VISIBLE = "<p>text</p>"  # a page that shows nothing is no picture
BODIES = (
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
)
HEADS = (
    '<link rel="preconnect" href="{url}"><link rel="dns-prefetch" href="{url}">',
    '<link rel="prefetch" href="{url}/next"><link rel="prerender" href="{url}/next">',
    '<base href="{url}/"><link rel="icon" href="icon.png">',
    '<script src="{url}/script.js"></script><script>fetch("{url}/fetch")</script>',
)
# Chromium in a network of its own, whose kernel counts what is opened; its loopback is up.
OF_ITS_OWN = """\
import fcntl, os, socket, struct, sys
up = struct.pack("16sh14x", b"lo", 0x1)  # ifreq: IFF_UP
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS
os.execv(sys.argv[1], sys.argv[1:])
"""
CONNECT = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"


def may_be_apart() -> bool:
    """Return whether a process may be given a network of its own, as root may on most machines."""
    program = shutil.which("unshare")
    return program is not None and subprocess.call([program, "--net", "true"]) == 0


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


@pytest.mark.parametrize("body", BODIES)
async def test_requests_are_refused_and_counted(studio: Studio, trap: Trap, body: str) -> None:
    """What a page asks for is aborted and counted, and the page is drawn without it."""
    url = f"http://127.0.0.1:{trap.port}"
    hostile = body.format(url=url, upper=url.upper(), port=trap.port)

    picture = await studio.draw(page_with(VISIBLE + hostile), OG)

    assert picture.refused >= 1
    assert trap.visitors == []


@pytest.mark.parametrize("head", HEADS)
async def test_hints_open_no_connection(studio: Studio, trap: Trap, head: str) -> None:
    """Hints, icons and scripts reach nobody."""
    hostile = head.format(url=f"http://127.0.0.1:{trap.port}")

    await studio.draw(page_with("text", head=hostile), OG)
    await studio.draw(page_with("and the next picture"), OG)

    assert trap.visitors == []


def opened(pid: int) -> dict[str, int]:
    """Return how many connections and datagrams the network of a process has seen."""
    rows: dict[str, list[str]] = {}
    for line in Path(f"/proc/{pid}/net/snmp").read_text("ascii").splitlines():
        name, *cells = line.split()
        rows.setdefault(name, []).extend(cells)
    tcp, udp = (
        dict(zip(cells[: len(cells) // 2], map(int, cells[len(cells) // 2 :]), strict=True))
        for cells in (rows["Tcp:"], rows["Udp:"])
    )
    return {"connections": tcp["ActiveOpens"], "datagrams": udp["OutDatagrams"] + udp["NoPorts"]}


def apart(folder: Path, program: Path) -> Path:
    """Return a program that runs another one in a network of its own."""
    script, launcher = folder / "apart.py", folder / "apart"
    script.write_text(OF_ITS_OWN)
    command = shlex.join(["unshare", "--net", sys.executable, str(script), str(program)])
    launcher.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    launcher.chmod(0o755)
    return launcher


@pytest.mark.skipif(not may_be_apart(), reason="nobody here may make a network of its own")
async def test_no_socket_is_opened(chromium_path: Path, tmp_path: Path) -> None:
    """The kernel counts no connection and no datagram over every hostile page and card."""
    url, port = "http://127.0.0.1:9", 9
    pages = [page_with(VISIBLE + body.format(url=url, upper=url, port=port)) for body in BODIES]
    pages += [page_with(VISIBLE, head=head.format(url=url)) for head in HEADS]
    links = f"{url} javascript:fetch('{url}') <img src={url}> <script src={url}></script>"
    card = sample(name=links, title=links, login="pip")
    async with open_browser(apart(tmp_path, chromium_path), 1) as browser:
        for page in pages:
            await browser.draw(page, OG)
        for variant in VARIANTS.values():
            await browser.draw(render(variant, card), variant)
        seen = opened(browser.pid)
        inside = ("nsenter", "--target", str(browser.pid), "--net")
        one = await asyncio.create_subprocess_exec(*inside, sys.executable, "-c", CONNECT)
        assert await one.wait() == 0
        after = opened(browser.pid)

    assert seen == {"connections": 0, "datagrams": 0}
    assert after["connections"] == 1  # it does count


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
