"""When a browser is replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from techub_cards.variants import Variant, variant_named
from techub_common.errors import Permanent, Transient
from techub_screenshotter.browser import BrowserLost, Picture
from techub_screenshotter.studio import Studio

OG = variant_named("og")
PICTURE = Picture(b"png", 1200, 630)


class PaperBrowser:
    """Draws the same picture again and again, or what `trouble` says."""

    def __init__(self) -> None:
        self.drawn = 0
        self.alive = True
        self.closed = False
        self.gone = asyncio.Event()
        self.going_on = asyncio.Event()
        self.going_on.set()
        self.trouble: Exception | None = None
        self.grown = True
        self.born = 0.0

    async def draw(self, html: str, variant: Variant) -> Picture:
        """Return a picture once it may go on."""
        del html, variant
        await self.going_on.wait()
        if self.trouble:
            raise self.trouble
        self.drawn += 1
        return PICTURE

    async def idle(self) -> None:
        """Return once it may go on."""
        await self.going_on.wait()

    def kill(self) -> None:
        """Be gone."""
        self.alive = False
        self.gone.set()


class Shop:
    """Opens paper browsers and remembers them."""

    def __init__(self) -> None:
        self.browsers: list[PaperBrowser] = []
        self.sold: asyncio.Queue[PaperBrowser] = asyncio.Queue()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[PaperBrowser]:
        """Yield a new browser, closed afterwards."""
        browser = PaperBrowser()
        self.browsers.append(browser)
        self.sold.put_nowait(browser)
        yield browser
        browser.closed = True


@pytest.fixture
def shop() -> Shop:
    """Give a shop that has not sold a browser yet."""
    return Shop()


@pytest.fixture
async def studio(shop: Shop) -> AsyncIterator[Studio]:
    """Give a studio whose browsers last three pictures."""
    async with aclosing(Studio(shop.open, seconds=0.2, pictures=3)) as studio:  # type: ignore[arg-type]
        yield studio


async def test_one_browser_for_many(shop: Shop, studio: Studio) -> None:
    """Pictures are drawn by one browser."""
    assert [await studio.draw("", OG) for _ in range(3)] == [PICTURE] * 3

    assert len(shop.browsers) == 1


async def test_recycled(shop: Shop, studio: Studio) -> None:
    """A browser that has drawn enough is replaced before the next picture."""
    for _ in range(4):
        await studio.draw("", OG)

    assert [browser.drawn for browser in shop.browsers] == [3, 1]


async def test_not_recycled_while_its_memory_stands_still(shop: Shop, studio: Studio) -> None:
    """A browser that has drawn enough but holds no more memory than before goes on."""
    await studio.open()
    shop.browsers[0].grown = False
    for _ in range(10):
        await studio.draw("", OG)

    assert len(shop.browsers) == 1


async def test_says_why(shop: Shop) -> None:
    """Replacements are counted by their reason."""
    reasons: list[str] = []
    opened = Studio(shop.open, seconds=0.2, pictures=1, replaced=reasons.append)  # type: ignore[arg-type]
    async with aclosing(opened) as studio:
        await studio.draw("", OG)
        await studio.draw("", OG)
        shop.browsers[-1].trouble = BrowserLost("crashed")
        shop.browsers[-1].drawn = 0
        with pytest.raises(Transient):
            await studio.draw("", OG)

    assert reasons == ["memory", "failure"]


async def test_recycling_waits(shop: Shop, studio: Studio) -> None:
    """A recycled browser is closed only after it has finished what it still draws."""
    await studio.open()
    old = shop.browsers[0]
    old.drawn = 3
    old.going_on.clear()

    await studio.draw("", OG)
    assert not old.closed
    old.going_on.set()
    await asyncio.gather(*studio._leaving)

    assert old.closed


@pytest.mark.parametrize("trouble", [BrowserLost("crashed"), TimeoutError()])
async def test_replaced_when_it_breaks(shop: Shop, studio: Studio, trouble: Exception) -> None:
    """A browser that breaks is replaced before its failure is told, and the failure may pass."""
    await studio.open()
    shop.browsers[0].trouble = trouble

    with pytest.raises(Transient) as caught:
        await studio.draw("", OG)

    assert caught.value.code == "chromium_failed"
    assert shop.browsers[0].closed
    assert len(shop.browsers) == 2
    assert await studio.draw("", OG) == PICTURE


async def test_replaced_when_it_hangs(shop: Shop, studio: Studio) -> None:
    """A browser that draws nothing within the limit is replaced."""
    await studio.open()
    shop.browsers[0].going_on.clear()

    with pytest.raises(Transient, match="nothing was drawn within"):
        await studio.draw("", OG)

    assert shop.browsers[0].closed


async def test_two_failures_of_one_browser(shop: Shop, studio: Studio) -> None:
    """Two pictures lost with one browser cost one new browser."""
    await studio.open()
    broken = shop.browsers[0]
    broken.trouble = BrowserLost("crashed")
    broken.going_on.clear()
    drawing = asyncio.gather(studio.draw("", OG), studio.draw("", OG), return_exceptions=True)
    await asyncio.sleep(0)

    broken.going_on.set()
    lost = await drawing

    assert all(isinstance(error, Transient) for error in lost)
    assert len(shop.browsers) == 2


async def test_page_at_fault(shop: Shop, studio: Studio) -> None:
    """A page that cannot be drawn costs no browser."""
    await studio.open()
    shop.browsers[0].trouble = Permanent("no", code="render_failed")

    with pytest.raises(Permanent):
        await studio.draw("", OG)

    assert len(shop.browsers) == 1


async def test_kept_warm(shop: Shop, studio: Studio) -> None:
    """A browser that dies while nobody draws is replaced at once."""
    warm = asyncio.create_task(studio.keep_warm())
    async with asyncio.timeout(5):
        (await shop.sold.get()).kill()
        await shop.sold.get()
    await asyncio.sleep(0)
    await studio.check()
    warm.cancel()

    assert shop.browsers[0].closed


async def test_check(shop: Shop, studio: Studio) -> None:
    """The check fails before a browser is there and after it has died."""
    with pytest.raises(Transient):
        await studio.check()
    await studio.open()
    await studio.check()
    shop.browsers[0].kill()

    with pytest.raises(Transient):
        await studio.check()
