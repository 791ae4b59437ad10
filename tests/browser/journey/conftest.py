"""The whole system, and people in front of real browsers; pictures of what they saw are kept."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from techub_devstack.follow_run import lines_of
from techub_devstack.servers import chromium
from techub_devstack.services import free_ports
from techub_devstack.stack import Stack, Wanted, running_stack

KEPT = Path(os.environ.get("VAR", "var")) / "screens"
"""Where to look at what the tests saw."""
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")
SIZES = {"desk": (1280, 860), "phone": (390, 844)}
OPERATOR = {"username": "night", "password": "of-the-journey-alone"}
STANDARD = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
BRIEF = {"resultTypes": ["violations"]}
ALL = {"runOnly": STANDARD, **BRIEF}
CONTRAST = {"runOnly": ["color-contrast"], **BRIEF}
SHAPE = {"runOnly": STANDARD, "rules": {"color-contrast": {"enabled": False}}, **BRIEF}
JUDGED = {
    ("desk", "light"): ALL,
    ("desk", "dark"): CONTRAST,
    ("phone", "dark"): SHAPE,
}
"""What axe looks at where: colours are the same on both sizes, the shape by day and by night."""
STILL = """
() => Promise.all([
  document.fonts.ready,
  ...[...document.images].filter((image) => image.loading !== "lazy")
    .map((image) => image.decode().catch(() => 0)),
  ...document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity)
    .map((one) => one.finished.catch(() => 0)),
])
"""


async def against_the_rules(
    page: Page, rules: dict[str, Any] = ALL, within: str | None = None
) -> list[tuple[str, list[str]]]:
    """Return what axe has against the page, or a part of it, and the elements it means."""
    found: Any = await Axe().run(page, context=within, options=rules)
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]])
        for one in found.response["violations"]
    ]


@dataclass
class Visit:
    """Somebody's browser, and what went wrong in it without anybody seeing."""

    page: Page
    size: str
    host: str
    complaints: list[str] = field(default_factory=list)

    async def looked_at(self, name: str, within: str | None = None) -> None:
        """Judge the page by day and by night, and keep a picture of both.

        Nothing sticks out sideways, and axe finds nothing against WCAG 2.2 AA; `within` is the
        part that was not judged before.
        """
        KEPT.mkdir(parents=True, exist_ok=True)
        for scheme in SCHEMES:
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await self.page.evaluate(STILL)
            await self.page.evaluate("scrollTo(0, 0)")
            path = KEPT / f"{name}-{self.size}-{scheme}.jpg"
            await self.page.screenshot(path=path, type="jpeg", quality=85, full_page=True)
            if rules := JUDGED.get((self.size, scheme)):
                assert await against_the_rules(self.page, rules, within) == [], f"{name}, {scheme}"
        wide = await self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= SIZES[self.size][0], f"{name} is {wide} pixels wide"


@pytest.fixture(scope="package")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Give the running system with three canvases; it is shared by the folder's tests."""
    if chromium.find() is None:
        pytest.skip("no Chromium on this machine; `make setup` installs one")
    var = tmp_path_factory.mktemp("journey")
    var.chmod(0o755)
    wanted = Wanted(
        var=var,
        fsync=False,
        http_port=free_ports(1)[0],
        environment={
            "SWEEP_SECONDS": "1",
            "CAPTURE_VARIANTS": "og,tcg,tcg_back",
            "OPS_HTTP_BASIC": "{username}:{password}".format(**OPERATOR),
        },
    )
    async with running_stack(wanted, lambda *_: None) as running:
        yield running


@pytest.fixture(scope="package")
async def dealt(stack: Stack) -> str:
    """Give the login of a card that is whole."""
    login = "juniper-fogwhistle"
    headers = {"Authorization": f"Bearer {await stack.token('dealer')}"}
    async with httpx.AsyncClient(
        base_url=stack.app_host, headers=headers, trust_env=False, timeout=60
    ) as http:
        accepted = (await http.post("/api/v1/profiles", json={"login": login})).json()
        async for _ in lines_of(http, accepted["events_url"]):
            pass
        run = (await http.get(accepted["status_url"])).json()
    assert run["status"] == "success", run
    return login


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Give one Chromium for the folder."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium.find(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        await started.close()


Visiting = Callable[..., AbstractAsyncContextManager[Visit]]


@pytest.fixture
def visiting(stack: Stack, browser: Browser) -> Visiting:
    """Give a way to come by with a browser of that size; its secret complaints fail the test."""

    @asynccontextmanager
    async def visit(size: str, **more: Any) -> AsyncIterator[Visit]:
        width, height = SIZES[size]
        context: BrowserContext = await browser.new_context(
            base_url=stack.app_host,
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            is_mobile=size == "phone",
            permissions=["clipboard-read", "clipboard-write"],
            **more,
        )
        context.set_default_timeout(30_000)
        page = await context.new_page()
        somebody = Visit(page, size, stack.app_host)
        page.on("pageerror", lambda error: somebody.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: (
                somebody.complaints.append(line.text)
                if line.type == "error" and "Failed to load resource" not in line.text
                else None
            ),
        )
        yield somebody
        await context.close()
        assert somebody.complaints == []

    return visit
